import ctypes
import subprocess
from pathlib import Path

import numpy as np

from harness.adapters.contract import FrameworkUnavailable

dtypes = ("float32",)
version = "0.1"

_source = Path(__file__).with_suffix(".c")
_library = _source.with_suffix(".so")  # beside this file: what is loaded from there is part of what is recorded
try:
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", _library, _source, "-lm"], check=True)
except FileNotFoundError:
    raise FrameworkUnavailable("the kernel is compiled with cc, which is not here: install a C compiler") from None
_kernel = ctypes.CDLL(str(_library))


def _run(function, *inputs):
    output = np.empty_like(inputs[0])
    arrays = [np.ctypeslib.as_ctypes(array.reshape(-1)) for array in (*inputs, output)]
    n = output.shape[-1] if output.ndim else 1
    function(*arrays, ctypes.c_long(output.size // n if n else 0), ctypes.c_long(n))
    return output


def softmax(x):  # without a parameter `axis` it is asked along the last one only
    y = _run(_kernel.softmax, x)
    return y, y


def softmax_vjp(saved, cotangent):
    return _run(_kernel.softmax_vjp, saved, cotangent)
