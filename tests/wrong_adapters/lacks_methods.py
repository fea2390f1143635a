from __future__ import annotations

from harness.adapters.contract import Adapter
from harness.vocabulary import Mode


class LacksMethods(Adapter):
    name = "lacks_methods"
    modes = (Mode.EAGER,)

    def forward(self, call):
        return call.x
