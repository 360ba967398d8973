"""Every design in MLflow: one run per search, and below it one run per distinct design.

`settings` says where, `store` opens it, `parent` is what a run says of itself, `batch` names what a
design's run holds, `bulk` writes designs into MLflow's own tables, `client` is the slow way, for
servers; `session` is a run that is open in MLflow, `sync` brings it up to what a run folder holds,
`writer` does so in a process beside the search, and `fetch` gets a design back. What goes wrong is
told once and stops nothing.
"""

from imctune.tracking.fetch import RUNS, fetch_design
from imctune.tracking.parent import ChildRun, ParentRun, read_parent
from imctune.tracking.settings import TrackingSettings, without_password
from imctune.tracking.store import reason_of
from imctune.tracking.sync import sync
from imctune.tracking.writer import Writer

__all__ = [
    "RUNS",
    "ChildRun",
    "ParentRun",
    "TrackingSettings",
    "Writer",
    "fetch_design",
    "read_parent",
    "reason_of",
    "sync",
    "without_password",
]
