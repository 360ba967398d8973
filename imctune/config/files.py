"""YAML and JSON files found by name or path, read as plain values."""

from __future__ import annotations

__all__ = ["find_file", "plain_values", "read_json", "read_mapping"]

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from imctune.errors import InputError, closest

# References to other settings, and the two things of Hydra's that a folder's name needs. Nothing
# that reads the environment or runs code: a config from somebody else holds values only.
HARMLESS = re.compile(r"\$\{[\w.\[\]]+\}|\$\{(?:now|hydra):[^${}]*\}")


def find_file(kind: str, name: str, directories: Sequence[Path], where: str) -> Path:
    """Return the file of a named `kind` (a folder of configs), or the path that was given.

    Parameters
    ----------
    kind : str
        Folder inside the config directories: workload, technology, ...
    name : str
        Name of a file in it, without its ending; or the path of a YAML file.
    directories : sequence of Path
        Config directories, first come first served.
    where : str
        The setting that holds the name, for the refusal.
    """
    if name.endswith((".yaml", ".yml")) or "/" in name or "\\" in name:
        path = Path(name).expanduser()
        if path.is_file():
            return path
        raise InputError(f"{where}: there is no file {name}")
    for directory in directories:
        path = directory / kind / f"{name}.yaml"
        if name and path.is_file():
            return path
    names = sorted({file.stem for folder in directories for file in folder.glob(f"{kind}/*.yaml")})
    raise InputError(
        f"{where}: unknown {kind} {name!r}{closest(name, names)}; "
        f"allowed: {', '.join(names)}, or the path of a YAML file"
    )


def read_mapping(path: Path) -> dict[str, object]:
    """Read a YAML file that maps names to values."""
    try:
        config = OmegaConf.load(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: must be a YAML file in UTF-8, got other bytes") from None
    except (yaml.YAMLError, OmegaConfBaseException) as error:
        raise InputError(f"{path}: is not YAML: {one_line(error)}") from None
    if not isinstance(config, DictConfig):
        raise InputError(f"{path}: must map names to values, got {type_in_words(config)}")
    return plain_values(config, str(path))


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file; a missing one is empty."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: must map names to values, got {content!r}")
    return content


def plain_values(config: DictConfig, where: str) -> dict[str, object]:
    """Resolve references between settings; refuse whatever is more than a value."""
    refuse_code(OmegaConf.to_container(config, resolve=False), where)
    try:
        plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise InputError(f"{where}: {one_line(error)}") from None
    if not isinstance(plain, dict):
        raise InputError(f"{where}: must map names to values, got {type_in_words(config)}")
    return named(plain, where)


def named(mapping: Mapping[Any, object], where: str) -> dict[str, object]:
    """Return a mapping whose names are all text."""
    for key in mapping:
        if not isinstance(key, str):
            raise InputError(f"{where}: a name must be text, got {key!r}")
    return {str(key): value for key, value in mapping.items()}


def refuse_code(value: object, where: str) -> None:
    """Refuse what would make a config run code or read the environment."""
    if isinstance(value, str):
        if "${" in HARMLESS.sub("", value):
            raise InputError(
                f"{where}: only references to other settings, ${{name}}, are allowed, got {value!r}"
            )
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in ("_target_", "_partial_", "_recursive_", "_convert_", "_args_"):
                raise InputError(f"{where}: {key} is not allowed: settings are values, not code")
            refuse_code(inner, f"{where}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            refuse_code(inner, f"{where}[{index}]")


def one_line(error: Exception | str) -> str:
    """Return an error's message on one line."""
    return " ".join(str(error).split())


def type_in_words(value: object) -> str:
    """Name the kind of a config value as a user would."""
    if value is None:
        return "nothing"
    if isinstance(value, (list, tuple, ListConfig)):
        return "a list"
    return repr(value)
