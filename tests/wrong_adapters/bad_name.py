from __future__ import annotations

from honest import Honest


class BadName(Honest):
    name = "../elsewhere"
