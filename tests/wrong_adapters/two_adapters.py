from __future__ import annotations

from honest import Honest


class One(Honest):
    name = "one"


class Two(Honest):
    name = "two"
