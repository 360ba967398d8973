"""A process beside the search that records its run folder in MLflow: the search never waits."""

from __future__ import annotations

__all__ = ["Writer"]

import json
import logging
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Thread

from imctune.tracking.settings import TrackingSettings

logger = logging.getLogger(__name__)


class Writer:
    """Starts the process, and hears from it what goes wrong: told once, in one line.

    The run folder is the queue between the two: whatever MLflow does not take stays there.

    Parameters
    ----------
    folder : Path
        The run folder, with `ParentRun` in it.
    settings : TrackingSettings
        Where to record.
    """

    def __init__(self, folder: Path, settings: TrackingSettings) -> None:
        self._settings = settings
        self._has_failed = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "imctune.tracking"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C is for the search
        )
        self._tell({"folder": str(folder.resolve()), "settings": asdict(settings)})
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def finish(self) -> bool:
        """Have the rest recorded; return whether MLflow has all of the run."""
        self._tell({"end": True})
        try:
            code = self._process.wait(self._settings.wait_s)
        except subprocess.TimeoutExpired:
            code = 1
        except BaseException:
            self._process.kill()
            raise
        self._process.kill()
        self._process.wait()
        self._listener.join()
        return code == 0

    def _tell(self, message: dict[str, object]) -> None:
        """Send a line; a process that is gone shows in its exit code."""
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(json.dumps(message) + "\n")
                self._process.stdin.flush()
        except OSError:
            pass

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            if not line.startswith("{"):  # what a library prints there is no message of ours
                continue
            level = logging.DEBUG if self._has_failed else logging.WARNING
            self._has_failed = True
            with suppress(OSError):  # the run folder, with its log, may be gone
                logger.log(level, "%s", json.loads(line)["told"])
