"""The NumPy reference beside SciPy: readable is not slow."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.bench.contract import Benchmark, Effort, Figure, NotMeasured, Ratio, Setup
from harness.bench.pace import interleaved, ratio
from harness.campaign.dice import Dice, Purpose
from reference.plain import softmax

SHAPES: Final = ((1000, 10), (1000, 1000), (8, 12, 512, 512))
DTYPES: Final = ("float32", "float64")
_FORWARD, _VJP, _SCIPY = "forward of the reference", "vjp of the reference", "scipy.special.softmax"
_AT_MOST_SCIPY: Final = 1.2
_AT_MOST_FORWARDS: Final = 2.5
_LARGE: Final = 1 << 22  # elements: fewer repetitions are as steady
_WARM: Final = 1 << 20  # elements of a turn: of small arrays several calls, since the first finds nothing in the caches
_REPETITIONS: Final = {Effort.QUICK: (3, 1), Effort.USUAL: (41, 9), Effort.FULL: (101, 21)}  # small arrays, large ones


def _measure(setup: Setup) -> Iterator[Figure]:
    try:
        import scipy  # noqa: PLC0415 - of all that the harness does, this alone needs it
        from scipy.special import softmax as of_scipy  # noqa: PLC0415
    except ModuleNotFoundError:
        yield NotMeasured(setting="", reason="there is no SciPy here: run `tox run -m bench`, whose environment has it")
        return
    settings = list(itertools.product(SHAPES, DTYPES))
    with setup.step("reference", len(settings)) as progress:
        for done, (shape, dtype) in enumerate(settings, start=1):
            small, large = _REPETITIONS[setup.effort]
            x, v = (_drawn(shape, dtype, purpose) for purpose in (Purpose.X, Purpose.COTANGENT))
            repetitions = large if x.size >= _LARGE else small
            calls = max(_WARM // x.size, 1)
            times = interleaved(_parts(x, v, of_scipy, calls=calls), repetitions=repetitions)
            for subject, against, at_most in ((_FORWARD, _SCIPY, _AT_MOST_SCIPY), (_VJP, _FORWARD, _AT_MOST_FORWARDS)):
                cost = float(np.median(times[subject])) / calls
                yield Ratio(
                    setting=f"{dtype} {shape}",
                    subject=subject,
                    against=against,
                    of=ratio(times, subject, against),
                    at_most=at_most,
                    cost=1e3 * cost,
                    unit="ms of CPU",
                    note=f"NumPy {np.__version__}, SciPy {scipy.__version__}",
                )
            progress(done)


def _parts(
    x: NDArray[Any], v: NDArray[Any], of_scipy: Callable[..., Any], *, calls: int
) -> dict[str, Callable[[], object]]:
    def times(call: Callable[[], object]) -> Callable[[], object]:
        def turn() -> None:
            for _ in range(calls):  # what they return goes at once: the next call finds its memory warm
                call()

        return turn

    return {
        _SCIPY: times(lambda: of_scipy(x, axis=-1)),
        _FORWARD: times(lambda: softmax.forward(x, axis=-1)),
        _VJP: times(lambda: softmax.vjp(x, v, axis=-1)),
    }


def _drawn(shape: tuple[int, ...], dtype: str, purpose: Purpose) -> NDArray[Any]:
    return Dice(0, 0, purpose).normal(shape).astype(dtype)


BENCHMARK: Final = Benchmark(
    name="reference",
    compares=(
        "the NumPy reference's softmax with scipy.special.softmax (at most 1.2 times its time), "
        "and its vjp with its forward (at most 2.5 times)"
    ),
    measure=_measure,
)
