from __future__ import annotations

import os

from honest import Honest


class DiesAtStart(Honest):
    name = "dies_at_start"

    def __init__(self):
        os.write(2, b"libkernel.so: undefined symbol: gemm\n")
        os._exit(9)
