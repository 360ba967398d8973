"""Where designs are recorded is checked before anything runs."""

from pathlib import Path

import pytest

from imctune.errors import InputError
from imctune.tracking import TrackingSettings


def test_a_relative_path_means_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = TrackingSettings("local", "sqlite:///outputs/mlflow.db")
    assert settings.database == tmp_path / "outputs" / "mlflow.db"
    assert settings.address == f"sqlite:///{tmp_path}/outputs/mlflow.db"


@pytest.mark.parametrize(
    ("mode", "uri"),
    [
        ("database", "postgresql+psycopg2://me:secret@host/mlflow"),
        ("server", "https://host:5000"),
        ("off", "sqlite:///outputs/mlflow.db"),
    ],
)
def test_other_places_have_no_file(mode: str, uri: str) -> None:
    settings = TrackingSettings(mode, uri)  # type: ignore[arg-type]
    assert settings.database is None
    assert settings.address == (None if mode == "off" else uri)


def test_postgresql_is_reached_through_the_driver_that_is_installed() -> None:
    settings = TrackingSettings("database", "postgresql://me@host/mlflow")
    assert settings.address == "postgresql+psycopg2://me@host/mlflow"


@pytest.mark.parametrize(
    "uri",
    [
        *(None, "", "outputs/mlflow.db", "sqlite://", "sqlite:///", "sqlite:///:memory:"),
        *("sqlite:///a/", "http://localhost:5000", "postgresql://a/b", "sqlite:///a.db?mode=ro"),
    ],
)
def test_local_tracking_wants_a_file(uri: str | None) -> None:
    with pytest.raises(InputError, match=r"^tracking\.uri must be sqlite:///.*, got"):
        TrackingSettings("local", uri)


@pytest.mark.parametrize(
    ("mode", "uri", "allowed"),
    [
        ("server", "sqlite:///a.db", "http:// or https://"),
        ("server", "http://", "http:// or https://"),
        ("database", "http://host", "postgresql://"),
        ("database", None, "postgresql://"),
        ("database", "mysql://host/a", "postgresql://"),
    ],
)
def test_every_mode_has_its_own_kind_of_uri(mode: str, uri: str | None, allowed: str) -> None:
    with pytest.raises(InputError, match=rf"^tracking\.uri must be .*{allowed}.*, got"):
        TrackingSettings(mode, uri)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mode": "cloud"}, r"mode must be one of local, server, database, off, got 'cloud'"),
        ({"n_best": -1}, r"n_best must be 0 or more, got -1"),
        ({"wait_s": float("nan")}, r"wait_s must be 0 or more, got nan"),
    ],
)
def test_other_settings_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=rf"tracking\.{message}"):
        TrackingSettings(**changes)  # type: ignore[arg-type]
