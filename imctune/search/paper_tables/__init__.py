"""The paper's comparisons on this model, case by case.

`case` is one technology with its assumptions and networks, `pool` all designs that its searches
met, `sets` what fewer networks want, `study` puts a case together.
"""

from imctune.search.paper_tables.case import Case
from imctune.search.paper_tables.study import CaseResult, ChipResult, run_case

__all__ = ["Case", "CaseResult", "ChipResult", "run_case"]
