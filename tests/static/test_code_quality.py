"""The code's form, held by tools: style, formatting, types and the order of imports."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize("command", ["ruff check", "ruff format --check", "mypy", "lint-imports"])
def test_tool_finds_nothing(command: str) -> None:
    tool, *arguments = command.split()
    executable = Path(sys.executable).with_name(tool)
    found = subprocess.run(
        [executable, *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, f"{command}\n{found.stdout}{found.stderr}"
