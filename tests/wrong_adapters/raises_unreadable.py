from __future__ import annotations

from honest import Honest


class Unreadable(Exception):
    def __str__(self):
        raise ValueError("not even this")


class RaisesUnreadable(Honest):
    name = "raises_unreadable"

    def misbehave(self, call):
        raise Unreadable
