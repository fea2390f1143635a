"""Some kernels start helpers of their own, and do not live to end them."""

from __future__ import annotations

import os
import subprocess
import sys

from honest import Honest


class LeavesProcesses(Honest):
    name = "leaves_processes"

    def misbehave(self, call):
        helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        os.write(2, f"{helper.pid}\n".encode())
        os._exit(3)
