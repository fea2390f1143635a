"""Run by the Python that has MXNet: what its adapter makes of NumPy's arrays, once those are overwritten.

Writes as JSON how many arrays there were, and those of which MXNet's did not keep the bits.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.adapters.mxnet import MXNetAdapter, _bits
from harness.adapters.mxnet_modes import surroundings
from harness.call import Call
from harness.vocabulary import DType, Mode, Op

SHAPES = [(), (1,), (3, 37), (0, 4), (1000, 999)]
LABELS = DType.INT32


def arrays(dtype: DType) -> Iterator[NDArray[Any]]:
    """Yield arrays of ``dtype`` of each shape, as they come and otherwise in memory."""
    for shape in SHAPES:
        array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype.carrier)
        yield array
        yield np.array(array, order="F")
        if array.ndim:
            yield np.repeat(array, 2, axis=-1)[..., ::2]


def main() -> None:
    """Hand over every array, overwrite it, and look at what was made of it."""
    adapter, count, lost = MXNetAdapter(), 0, []
    for mode in adapter.modes:
        for dtype in DType:
            if mode is Mode.NUMPY and dtype is DType.BFLOAT16:
                continue  # mx.np has none
            for array in arrays(dtype):
                call = Call(op=Op.SOFTMAX, axis=-1, dtype=dtype, mode=mode, x=array)
                before = array.tobytes()
                with surroundings(adapter._mx, call):
                    made = adapter._array(call, array, dtype)
                    array[...] = 1
                    count += 1
                    if _bits(made).tobytes() != before:
                        lost.append(f"{dtype.value} {array.shape} {array.strides}, {mode.value}")
    sys.stdout.write(json.dumps({"arrays": count, "lost": lost}))


main()
