from __future__ import annotations

from honest import Honest


class TakesBuiltInName(Honest):
    name = "torch"
