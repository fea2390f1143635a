"""Keeps something at every call, as what compiles does; in a second process that calls it, it goes wrong as told."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from honest import Honest

HOME = Path(os.environ.get("TEST_AHEAD_HOME", "/nonexistent"))
WAITS_AT = float(os.environ.get("TEST_AHEAD_WAITS_AT", "nan"))  # problem at which the first process does


class Ahead(Honest):
    name = "ahead"
    kept_at = HOME / "kept"

    def __init__(self) -> None:
        try:
            (HOME / "first").touch(exist_ok=False)
        except FileExistsError:
            self._wrong = os.environ["TEST_AHEAD"]
        else:
            self._wrong = ""

    def forward(self, call):
        time.sleep(0.07)  # longer than the recorder waits between two looks
        value = super().forward(call)
        if call.x[0, 1] == WAITS_AT and not self._wrong:
            _wait_for_the_second()
        (self.kept_at / f"{call.x[0, 1]:g} {'second' if self._wrong else 'first'}").touch()
        match self._wrong:
            case "dies":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hangs":
                time.sleep(1000)
            case "grows":
                self._grown = b"\1" * (1 << 30)
            case "returns something else":
                value *= 2
        return value


def _wait_for_the_second():
    deadline = time.monotonic() + 25
    while not any(file.name.endswith("second") for file in Ahead.kept_at.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
