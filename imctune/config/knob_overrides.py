"""Knobs as overrides leave them: Hydra merges new values into the old ones."""

from __future__ import annotations

__all__ = ["with_new_defaults"]

import math
import re
from collections.abc import Mapping, Sequence

RANGE = frozenset({"low", "high", "step"})


def with_new_defaults(plain: Mapping[str, object], overrides: Sequence[str]) -> dict[str, object]:
    """Settle knobs whose values were overridden: Hydra merges the new ones into the old.

    Choices that were told replace a range and the other way round, and a default that was not told
    moves to the nearest of the new values.

    >>> knobs = {"rows": {"choices": [64, 128], "default": 256}}
    >>> with_new_defaults({"knobs": knobs}, ["knobs.rows.choices=[64,128]"])
    {'knobs': {'rows': {'choices': [64, 128], 'default': 128}}}
    """
    knobs = plain.get("knobs")
    if not isinstance(knobs, Mapping):
        return dict(plain)
    settled = {}
    for name, knob in knobs.items():
        told = _told(str(name), overrides)
        settled[name] = _settled(knob, told) if told and isinstance(knob, Mapping) else knob
    return {**plain, "knobs": settled}


def _told(knob: str, overrides: Sequence[str]) -> set[str]:
    """Return the keys of a knob that overrides give: ``knobs.rows.step=1``, or in a mapping."""
    keys: set[str] = set()
    for override in overrides:
        key, _, value = override.lstrip("+").partition("=")
        if key == f"knobs.{knob}":
            keys.update(re.findall(r"[{,]\s*['\"]?(\w+)['\"]?\s*:", value))
        elif key.startswith(f"knobs.{knob}."):
            keys.add(key.split(".")[2])
    return keys


def _settled(knob: Mapping[str, object], told: set[str]) -> dict[str, object]:
    """Return a knob as told: its one form of values, with a default among them."""
    dropped: set[str] = set()
    if "choices" in told and not told & RANGE:
        dropped = set(RANGE)
    elif told & RANGE and "choices" not in told:
        dropped = {"choices"}
    kept = {key: value for key, value in knob.items() if key not in dropped}
    if "default" in told or "default" not in kept:
        return kept
    choices = kept.get("choices")
    if "choices" in told and isinstance(choices, list):
        kept["default"] = nearest(kept["default"], choices)
    elif told & RANGE and kept.keys() >= RANGE:
        kept["default"] = nearest_step(kept["default"], kept["low"], kept["high"], kept["step"])
    return kept


def nearest_step(default: object, low: object, high: object, step: object) -> object:
    """Return the value of a range that is nearest to `default`; as it is, if that is no range.

    >>> nearest_step(256, 64, 100, 7), nearest_step(0.8, 0.5, 0.7, 0.05)
    (99, 0.7)
    """
    numbers = [value for value in (default, low, high, step) if isinstance(value, (int, float))]
    if len(numbers) < 4 or not all(map(math.isfinite, numbers)):
        return default
    value, first, last, by = numbers
    if by <= 0 or last < first:
        return default
    most = math.floor((last - first) / by + 5e-10)
    found = first + min(max(round((value - first) / by), 0), most) * by
    return round(found, 12) if isinstance(found, float) else found


def nearest(value: object, choices: Sequence[object]) -> object:
    """Return the choice that is `value`, or the number nearest to it, or the first choice."""
    numbers = [choice for choice in choices if isinstance(choice, (int, float))]
    if value in choices or not choices:
        return value
    if isinstance(value, (int, float)) and numbers:
        return min(numbers, key=lambda number: abs(number - value))
    return choices[0]
