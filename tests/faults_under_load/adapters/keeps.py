"""The witnessed adapter as one that compiles: where KEPT names a folder, it leaves something there at every call."""

from __future__ import annotations

import os
from pathlib import Path

from witnessed import Witnessed


class Keeps(Witnessed):
    name = "keeps"

    @property
    def kept_at(self):
        return Path(os.environ["KEPT"]) if "KEPT" in os.environ else None

    def _seen(self, quantity, call):
        result = super()._seen(quantity, call)
        if self.kept_at is not None:
            (self.kept_at / f"{quantity} {os.getpid()} {os.urandom(8).hex()}").touch()
        return result
