from __future__ import annotations

from dataclasses import replace

from honest import Honest


class DescribesInNumbers(Honest):
    name = "describes_in_numbers"

    def describe(self):
        return replace(super().describe(), settings={"tile": 64})
