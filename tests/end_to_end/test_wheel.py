"""The built wheel holds the configs, and both entry points work from any directory."""

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.end_to_end.commands import CHECKOUT, environment

FEW_TRIALS = ["workloads=[alexnet]", "search.n_trials=40", "search.baseline_trials=20"]


def run(*command: str | Path, directory: Path) -> str:
    own = {name: value for name, value in environment().items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=directory, env=own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    options: list[str | Path] = [
        "--no-deps",
        "--no-build-isolation",
        "--quiet",
        "--wheel-dir",
        folder,
    ]
    run(sys.executable, "-m", "pip", "wheel", *options, CHECKOUT, directory=folder)
    return next(folder.glob("imctune-*.whl"))


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the script folder of an environment with the wheel and this one's other packages."""
    home = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", home, directory=home)
    python = home / "bin" / "python"
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python]
    run(*pip, "install", "--quiet", "--no-deps", wheel, directory=home)
    site = run(python, "-c", "import site; print(site.getsitepackages()[0])", directory=home)
    (Path(site.strip()) / "others.pth").write_text(sysconfig.get_path("purelib"))
    return home / "bin"


def test_wheel_holds_code_and_configs_only(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    shipped = {path.relative_to(CHECKOUT) for path in (CHECKOUT / "conf").rglob("*.yaml")}
    assert {f"imctune/{path.as_posix()}" for path in shipped} <= names
    assert "imctune/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"imctune"}


@pytest.mark.parametrize("command", [["imctune"], ["python", "-m", "imctune"]], ids=" ".join)
def test_entry_point_runs_from_any_directory(
    scripts: Path, tmp_path: Path, command: list[str]
) -> None:
    start: list[str | Path] = [scripts / command[0], *command[1:]]
    assert "+experiment=nine_workloads" in run(*start, "--help", directory=tmp_path)
    run(*start, *FEW_TRIALS, directory=tmp_path)
    assert len(list(tmp_path.glob("outputs/*/*/report.html"))) == 1
    assert (tmp_path / "outputs" / "mlflow.db").is_file()
