from __future__ import annotations

import resource

from honest import Honest


class FillsTheDisk(Honest):
    name = "fills_the_disk"

    def misbehave(self, call):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        return super().misbehave(call)
