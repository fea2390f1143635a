from __future__ import annotations

import time

from honest import Honest


class Hangs(Honest):
    name = "hangs"

    def misbehave(self, call):
        time.sleep(3600)
