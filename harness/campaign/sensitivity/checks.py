"""The checks that people use, at their defaults: a program of its own, run by the Python that has the framework.

It reads trials from one .npz file, and writes the smallest size that each check flags, row by row, to another. Of the
harness it needs only what runs beside every framework. Its arguments are a framework of :data:`BY_FRAMEWORK` and the
two files.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from harness.adapters.framework import import_framework
from harness.campaign.sensitivity.search import smallest
from reference.formats import BFLOAT16, FloatFormat, Floats, format_named

Check = Callable[[Floats, Floats], bool]  # of a result and the exact one, numbers of a format: does it accept?

ARRAYS: Final = ("correct", "exact", "at", "sign")
BY_FRAMEWORK: Final = {
    "numpy": ("numpy.testing.assert_allclose",),
    "torch": ("torch.allclose", "torch.testing.assert_close"),
    "mxnet": ("mxnet.test_utils.assert_almost_equal",),
}


def accepts(name: str, dtype: str) -> Check:
    """Return the check called ``name``; it says whether the check accepts a result beside the exact one.

    It is given arrays of ``dtype``; of bfloat16, which NumPy has not got, PyTorch alone is, and the others are given
    the same numbers as float32.
    """
    if name.startswith("torch."):
        torch = import_framework("torch", hint="install it with: pip install torch==2.13.0")

        def tensor(values: Floats) -> Any:
            return torch.from_numpy(values).to(getattr(torch, dtype))

        if name == "torch.allclose":
            return lambda got, want: bool(torch.allclose(tensor(got), tensor(want)))
        testing = import_framework("torch.testing", hint="it comes with torch")
        return lambda got, want: _passes(partial(testing.assert_close, tensor(got), tensor(want)))
    native = "float32" if dtype == BFLOAT16.name else dtype
    compare = np.testing.assert_allclose
    if name == "mxnet.test_utils.assert_almost_equal":
        _mxnet()
        compare = import_framework("mxnet.test_utils", hint="it comes with mxnet").assert_almost_equal
    return lambda got, want: _passes(partial(compare, got.astype(native), want.astype(native)))


def thresholds(check: Check, trial: Mapping[str, NDArray[Any]], *, of: FloatFormat) -> Floats:
    """Return the smallest size that ``check`` flags in each row of ``trial``; numbers are of the format ``of``."""

    def flags(results: Floats) -> NDArray[np.bool_]:
        pairs = zip(results, trial["exact"], strict=True)
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):  # MXNet prints what it finds
            return np.array([not check(got, want) for got, want in pairs], dtype=np.bool_)

    return smallest(trial["correct"], flags, of=of, at=trial["at"], sign=trial["sign"])


def _passes(assertion: Callable[[], object]) -> bool:
    try:
        assertion()
    except AssertionError:
        return False
    return True


def _mxnet() -> None:
    """Load MXNet as its adapter does, which mends what it needs of NumPy."""
    import_framework("harness.adapters.mxnet", hint="it is part of the harness").MXNetAdapter()


def main(framework: str, source: str, target: str) -> None:
    """Measure all checks of ``framework``; the arrays of trial k are called k/correct and so on, its format k/dtype."""
    np.set_printoptions(threshold=4)  # a message that nobody reads takes longest to write
    found: dict[str, Floats] = {}
    with np.load(Path(source), allow_pickle=False) as file:
        for number in sorted({key.split("/")[0] for key in file.files}, key=int):
            trial = {name: file[f"{number}/{name}"] for name in ARRAYS}
            of = format_named(str(file[f"{number}/dtype"]))
            for name in BY_FRAMEWORK[framework]:
                found[f"{number}/{name}"] = thresholds(accepts(name, of.name), trial, of=of)
    np.savez(Path(target), **cast("Any", found))


if __name__ == "__main__":
    main(*sys.argv[1:])
