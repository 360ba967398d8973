"""The process of `Writer`: records a run folder until the search ends, or is gone."""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from threading import Event, Thread

from imctune.lock import sole_process
from imctune.tracking.settings import TrackingSettings
from imctune.tracking.store import reason_of
from imctune.tracking.sync import LOCK, LOCK_WAIT_S, RUN_PATIENCE_S, Sync

PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
LAST_PAUSES_S = (1.0, 2.0, 0.0)
"""After each attempt to record the rest, once the search has ended. [s]"""


class Teller(logging.Handler):
    """Hands warnings on to the search."""

    def emit(self, record: logging.LogRecord) -> None:
        """Send one line."""
        tell(record.getMessage())


def main() -> int:
    """Record until told to end; return 0 if MLflow has all of the run then."""
    logging.getLogger("imctune").addHandler(Teller(logging.WARNING))
    order = json.loads(sys.stdin.readline())
    folder, settings = Path(order["folder"]), TrackingSettings(**order["settings"])
    has_ended = Event()
    Thread(target=wait_for_end, args=(has_ended,), daemon=True).start()
    try:
        with sole_process(folder / LOCK, LOCK_WAIT_S):
            return record(Sync(folder, settings, RUN_PATIENCE_S), has_ended)
    except Exception as error:
        tell_failure(error)
        return 1


def wait_for_end(has_ended: Event) -> None:
    """Wait until the search sends a line, or is gone."""
    sys.stdin.readline()
    has_ended.set()


def record(sync: Sync, has_ended: Event) -> int:
    """Record what the folder gains; after a failure, try again later and later."""
    pause = PAUSE_S
    while not has_ended.wait(pause):
        try:
            sync.advance()
            pause = PAUSE_S
        except Exception as error:
            tell_failure(error)
            pause = min(2.0 * pause, LONGEST_PAUSE_S)
    for last_pause in LAST_PAUSES_S:
        try:
            sync.finish()
            return 0
        except Exception as error:
            tell_failure(error)
            time.sleep(last_pause)
    return 1


def tell_failure(error: Exception) -> None:
    """Tell what failed."""
    tell(
        f"recording in MLflow failed ({reason_of(error)}); "
        "the run goes on, and its folder keeps everything"
    )


def tell(message: str) -> None:
    """Send one line to the search, if it is still there."""
    try:
        sys.stdout.write(json.dumps({"told": message}) + "\n")
        sys.stdout.flush()
    except OSError:
        pass


if __name__ == "__main__":
    sys.exit(main())
