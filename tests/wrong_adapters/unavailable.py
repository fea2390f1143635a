from __future__ import annotations

from honest import Honest

from harness.adapters.contract import FrameworkUnavailable


class Absent(Honest):
    name = "unavailable"

    def __init__(self):
        raise FrameworkUnavailable("no such accelerator here; plug one in")
