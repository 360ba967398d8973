"""task=compare without its files: samplers, each with several seeds and budgets, on one space."""

from imctune.search.compare.cells import Cell, Problem, planned, run_cells
from imctune.search.compare.settings import CompareSettings

__all__ = ["Cell", "CompareSettings", "Problem", "planned", "run_cells"]
