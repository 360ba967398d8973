"""imctune: find one in-memory-computing chip that runs many neural networks well.

::

    conf/*.yaml -> Config -> Workload, Technology, KnobSpace
    KnobSpace --search--> DesignBatch --simulator--> Metrics --objectives--> scores --search--> ...
                      every generation --tracking--> MLflow + run folder --report--> tables

Everything moves in that one direction, a whole generation at a time. The command is
``python -m imctune``; from Python::

    import imctune
    metrics = imctune.evaluate({"rows": [128, 256]}, workloads=["resnet18", "vgg16"])
    metrics.energy_mj, metrics.latency_ms, metrics.area_mm2
"""

from __future__ import annotations

__all__ = ["evaluate", "evaluate_macro", "load_technology", "load_workload", "tune"]

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imctune.api import evaluate, evaluate_macro, load_technology, load_workload, tune


def __getattr__(name: str) -> object:
    """Import the public functions when they are first used: the command's help needs none."""
    if name not in __all__:
        raise AttributeError(f"module 'imctune' has no attribute {name!r}")
    from imctune import api  # noqa: PLC0415

    return getattr(api, name)


def __dir__() -> list[str]:
    return __all__
