from __future__ import annotations

from honest import Honest


class ChangesInput(Honest):
    name = "changes_input"

    def misbehave(self, call):
        gradient = super().misbehave(call)
        call.x[0, 0] = -1.0
        return gradient
