"""The shipped networks, and short ones written in a test."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from imctune.workload import Layer, Workload

FOLDER = Path(__file__).parents[3] / "conf" / "workload"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@cache
def _values(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")))


def mapping_of(name: str) -> dict[str, Any]:
    """Return the values of a shipped file, to read or to add sections to."""
    return dict(_values(name))


def load(name: str, **parameters: int) -> Workload:
    mapping = mapping_of(name)
    if parameters:
        mapping["parameters"] = {**mapping["parameters"], **parameters}
    return Workload.from_mapping(mapping, name)


def network(*layers: object, **sections: object) -> Workload:
    """Return a network written in a test."""
    return Workload.from_mapping({"source": "test", "layers": list(layers), **sections}, "net")


def only_layer(kind: str, **fields: object) -> Layer:
    return network({kind: fields}).layers[0]
