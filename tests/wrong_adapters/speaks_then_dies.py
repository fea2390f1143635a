"""Some kernels warn once, in a call that comes back, and die without a word in a later one."""

from __future__ import annotations

import os
import signal

from honest import Honest


class SpeaksThenDies(Honest):
    name = "speaks_then_dies"

    def forward(self, call):
        os.write(2, b"kernel: such a warning says nothing about a later call\n")
        print("nor does what is printed")  # noqa: T201
        return super().forward(call)

    def misbehave(self, call):
        os.kill(os.getpid(), signal.SIGFPE)
