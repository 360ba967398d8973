"""A run's own folder: every design as it comes, and at the end the result, without MLflow.

While the search runs, `generations` keeps each generation in ``generations.log``;
`RunFolder.write_designs` puts ``designs.parquet`` in its place once the run is finished. `stored`
reads designs back, `state` says how far a run is. Files appear whole or not at all, and the same
designs give the same bytes.
"""

from imctune.runfolder.folder import RunFolder
from imctune.runfolder.generations import Generation
from imctune.runfolder.state import RunState, in_use, read_state
from imctune.runfolder.stored import DesignReader, StoredDesigns, read_best_design, read_designs

__all__ = [
    "DesignReader",
    "Generation",
    "RunFolder",
    "RunState",
    "StoredDesigns",
    "in_use",
    "read_best_design",
    "read_designs",
    "read_state",
]
