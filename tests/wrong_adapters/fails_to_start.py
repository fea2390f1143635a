from __future__ import annotations

from honest import Honest


class FailsToStart(Honest):
    name = "fails_to_start"

    def describe(self):
        return self.missing_attribute
