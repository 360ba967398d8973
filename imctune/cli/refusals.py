"""Errors as users read them: one line each."""

from __future__ import annotations

__all__ = ["FAULT", "exit_code", "in_one_line"]

from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from imctune.errors import InputError, closest

BAD_INPUT = 2
FAULT = 1


def exit_code(error: Exception) -> int:
    """Return 2 for what the user can mend, 1 for a fault of the program."""
    mendable = (InputError, HydraException, OmegaConfBaseException, OSError)
    return BAD_INPUT if isinstance(error, mendable) else FAULT


def in_one_line(error: Exception) -> str:
    """Return what went wrong, and what would be right, on one line."""
    if isinstance(error, InputError):
        return flat(str(error))
    if isinstance(error, OverrideParseException):
        return f"cannot read the override {error.override!r}: {flat(error.message)}"
    if isinstance(error, (HydraException, OmegaConfBaseException)):
        cause = error.__cause__
        reason = (
            f" ({str(cause).splitlines()[0]})" if isinstance(cause, OmegaConfBaseException) else ""
        )
        return unknown_setting(error) or flat(str(error)) + reason
    if isinstance(error, OSError) and error.filename is not None:
        return f"cannot use {error.filename}: {error.strerror}"
    return f"{type(error).__name__}: {flat(str(error))}"


def flat(message: str) -> str:
    r"""Join the lines of a message, without the search paths and links that only clutter it.

    >>> flat("No 'a'\n\nAvailable options in 'b':\n\tc\n\td\nConfig search path:\n\te")
    "No 'a'. Available options in 'b': c, d"
    """
    for clutter in ("\nConfig search path:", "\nSee https:"):
        message = message.partition(clutter)[0]
    joined = ""
    for line in message.splitlines():
        part = line.strip()
        if joined and part:
            listed = line.startswith("\t") and not joined.endswith(":")
            joined += ", " if listed else " " if joined.endswith((":", ".")) else ". "
        joined += part
    return joined


def unknown_setting(error: Exception) -> str | None:
    """Tell an override of a setting that does not exist; None for other errors."""
    key = getattr(error.__cause__, "key", None)
    parent = getattr(error.__cause__, "parent_node", None)
    message = str(error)
    if not message.startswith("Could not override") or not isinstance(parent, DictConfig):
        return None
    names = [str(name) for name in parent if name != "hydra"]
    return (
        f"unknown setting {message.split(chr(39))[1]!r}{closest(str(key), names)}; "
        f"allowed: {', '.join(names)}; got {message.partition(' use +')[2]}"
    )
