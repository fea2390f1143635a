from __future__ import annotations

import os

from honest import Honest


class ExitsProcess(Honest):
    name = "exits_process"

    def misbehave(self, call):
        os._exit(3)
