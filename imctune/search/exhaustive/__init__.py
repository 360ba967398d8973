"""The true optimum of a space: every design evaluated.

`blocks` cuts the space, `scan` evaluates a block, `standing` is what is kept of it, `workers` are
the processes, `optimum` goes through the space and tells how far it is.
"""

from imctune.search.exhaustive.optimum import Checkpoint, Optimum, find_optimum

__all__ = ["Checkpoint", "Optimum", "find_optimum"]
