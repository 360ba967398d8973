"""Every design in MLflow: one run per search, and below it one run per distinct design.

`settings` says where, `store` opens the database, `batch` names what a design's run holds, `bulk`
writes a generation at a time into MLflow's own tables, `client` is the slow way round it, and
`recorder` is what a run of imctune talks to. What goes wrong here is told once and stops nothing.
"""

from imctune.tracking.recorder import Recorder
from imctune.tracking.settings import TrackingSettings

__all__ = ["Recorder", "TrackingSettings"]
