"""The one error that users see: bad input, told in a single line."""

from __future__ import annotations

__all__ = ["InputError", "closest"]

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Input that cannot be used: the message says what, where, what is allowed and what came."""


def closest(name: str, allowed: Iterable[str]) -> str:
    """Return ``" (did you mean X?)"`` for the allowed name nearest to `name`, or ``""``.

    >>> closest("adc_bit", ["rows", "adc_bits"])
    ' (did you mean adc_bits?)'
    """
    matches = difflib.get_close_matches(name, list(allowed), n=1)
    return f" (did you mean {matches[0]}?)" if matches else ""
