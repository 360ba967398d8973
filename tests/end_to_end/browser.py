"""Drives headless Chromium through chromedriver's HTTP interface: the W3C WebDriver protocol.

A dozen lines of JSON over HTTP take the place of a client library.
"""

import base64
import io
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed"
)

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--hide-scrollbars", "--force-device-scale-factor=1"),
]
LOCAL = ("file:", "data:", "blob:", "about:", "chrome:", "chrome-untrusted:", "devtools:")
PATIENCE_S = 300.0

Pixels = npt.NDArray[np.uint8]


class Browser:
    """One window of a browser."""

    def __init__(self, address: str, session: str) -> None:
        self._session = f"{address}/session/{session}"

    def open(self, url: str) -> None:
        """Load a page."""
        ask("POST", f"{self._session}/url", {"url": url})

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script in the page, and return what it returns."""
        content = {"script": script, "args": list(arguments)}
        return ask("POST", f"{self._session}/execute/sync", content)

    def wait_for(self, script: str, *arguments: object) -> Any:
        """Run a script until it returns something that is true, and return that."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := self.run(script, *arguments)):
            assert time.monotonic() < deadline, f"never came true: {script}\n{self.text()[:2000]}"
            time.sleep(0.1)
        return found

    def text(self) -> str:
        """Return what can be read on the page."""
        return str(self.run("return document.body.innerText"))

    def resize(self, width: int, height: int) -> None:
        """Set the size of the window."""
        ask("POST", f"{self._session}/window/rect", {"width": width, "height": height})

    def screenshot(self, path: Path | None = None) -> Pixels:
        """Return the visible part of the page as pixels, kept as a file where asked."""
        content = base64.b64decode(ask("GET", f"{self._session}/screenshot"))
        if path is not None:
            path.write_bytes(content)
        return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))

    def complaints(self) -> list[str]:
        """Return the errors and warnings of the console since the last call."""
        found = ask("POST", f"{self._session}/se/log", {"type": "browser"})
        return [f"{entry['level']}: {entry['message']}" for entry in found]

    def requests(self) -> list[str]:
        """Return what was asked of any network since the last call."""
        found = ask("POST", f"{self._session}/se/log", {"type": "performance"})
        events = [json.loads(entry["message"])["message"] for entry in found]
        asked = [
            str(event["params"]["request"]["url"])
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in asked if not url.startswith(LOCAL)]


def ask(method: str, url: str, content: object = None) -> Any:
    """Send a command to the driver, and return its answer."""
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return json.load(answer)["value"]


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start a browser with a profile of its own, and stop it in the end."""
    command = [str(DRIVER), "--port=0", f"--log-path={profile / 'driver.log'}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as driver:
        try:
            address = f"http://127.0.0.1:{announced_port(driver)}"
            options = {
                "binary": CHROMIUM,
                "args": [*FLAGS, f"--user-data-dir={profile / 'chromium'}"],
            }
            wanted = {
                "browserName": "chrome",
                "goog:chromeOptions": options,
                "goog:loggingPrefs": {"browser": "WARNING", "performance": "ALL"},
            }
            content = {"capabilities": {"alwaysMatch": wanted}}
            session = ask("POST", f"{address}/session", content)["sessionId"]
            yield Browser(address, session)
            ask("DELETE", f"{address}/session/{session}")
        finally:
            driver.terminate()


def announced_port(driver: "subprocess.Popen[str]") -> int:
    """Return the port that the driver says it listens on."""
    assert driver.stdout is not None
    for line in driver.stdout:
        if "was started successfully on port" in line:
            return int(line.rstrip().rstrip(".").rsplit(" ", 1)[1])
    raise AssertionError("chromedriver did not start")


def share_of_ink(pixels: Pixels) -> float:
    """Return the share of pixels that are not white."""
    return float((pixels.min(axis=2) < 250).mean())
