"""Runs the real command: one line of arguments, or many in one fresh interpreter."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]

# One interpreter for many commands: starting Python and importing takes longer than a refusal.
BATCH = """
import contextlib, io, json, sys
from imctune.__main__ import main
told = {}
for name, arguments in json.load(sys.stdin).items():
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["imctune", *arguments]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main()
        except SystemExit as stop:
            code = stop.code
    told[name] = [code, out.getvalue(), err.getvalue()]
json.dump(told, sys.stdout)
"""


@dataclass(frozen=True)
class Finished:
    """What a command returned and printed."""

    code: int
    out: str
    err: str


def environment() -> dict[str, str]:
    """Return the environment of a command run from the checkout's code, in any directory."""
    return {
        **os.environ,
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONWARNINGS": "ignore",
        "HYDRA_FULL_ERROR": "0",
    }


def run_command(arguments: Sequence[str], directory: Path) -> Finished:
    """Run ``python -m imctune`` in a directory."""
    done = subprocess.run(
        [sys.executable, "-m", "imctune", *arguments],
        cwd=directory,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def run_commands(commands: Mapping[str, Sequence[str]], directory: Path) -> dict[str, Finished]:
    """Run many command lines, by name, in one interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", BATCH],
        input=json.dumps({name: list(arguments) for name, arguments in commands.items()}),
        cwd=directory,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return {name: Finished(*told) for name, told in json.loads(done.stdout).items()}
