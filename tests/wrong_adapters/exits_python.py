from __future__ import annotations

import sys

from honest import Honest


class ExitsPython(Honest):
    name = "exits_python"

    def misbehave(self, call):
        sys.exit("leaving")
