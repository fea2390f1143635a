"""Not wrong: some frameworks take their time."""

from __future__ import annotations

import time

from honest import Honest


class ImportsSlowly(Honest):
    name = "imports_slowly"

    def __init__(self):
        time.sleep(60)
