"""Draws that are the same bits on every machine and for every version of NumPy.

``Generator.standard_normal`` is not: its ziggurat takes its tail from the C library's exp and log, and NumPy may change
the stream of a distribution (NEP 19). What NEP 19 does promise is the stream of raw words of a bit generator. So a
normal draw is made of twelve 53-bit uniforms, added as integers: their sum less six has mean 0 and variance 1
(Irwin-Hall), and stays within ±6. The only rounding is the one to float64 at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.plan.room import room

TERMS = 12  # the variance of one uniform is 1/12
BITS = 53
_BLOCK = 2**16  # draws made at a time, so that memory goes to the result and not to the words


class Stream(IntEnum):
    """What is drawn: x and cotangent of one seed are different numbers, or each would be probed by itself."""

    X = 0
    COTANGENT = 1
    TANGENT = 2
    MASK = 3
    LENGTHS = 4
    TARGETS = 5


def normal_draws(count: int, *, seed: int, stream: Stream) -> NDArray[np.float64]:
    """Return ``count`` draws; those of a smaller count are the first ones of a larger count."""
    return normals_from(np.random.PCG64([seed, int(stream)]), count)


def normal_blocks(count: int, *, seed: int, stream: Stream) -> Iterator[NDArray[np.float64]]:
    """Yield the draws of :func:`normal_draws` some at a time, for who wants to keep something smaller of them."""
    words = np.random.PCG64([seed, int(stream)])
    for first in range(0, count, _BLOCK):
        yield normals_from(words, min(_BLOCK, count - first))


def normals_from(words: np.random.PCG64, count: int) -> NDArray[np.float64]:
    """Return ``count`` draws made of the next words of a bit generator, :data:`TERMS` of them for each."""
    draws = np.empty(count, dtype=np.float64)
    for first in range(0, count, _BLOCK):
        block = draws[first : first + _BLOCK]
        drawn = words.random_raw(TERMS * block.size).reshape(block.size, TERMS)
        total = (drawn >> np.uint64(64 - BITS)).sum(axis=1, dtype=np.uint64).astype(np.int64)
        block[:] = np.ldexp((total - (TERMS // 2 << BITS)).astype(np.float64), -BITS)
    return draws


def uniform_draws(count: int, *, seed: int, stream: Stream) -> NDArray[np.float64]:
    """Return ``count`` draws from 0 to below 1, each a multiple of 2^-53."""
    draws = room((count,), np.float64)
    for block, words in _words(draws, seed=seed, stream=stream):
        block[:] = np.ldexp((words >> np.uint64(64 - BITS)).astype(np.float64), -BITS)
    return draws


def whole_draws(count: int, *, below: int, seed: int, stream: Stream) -> NDArray[np.int64]:
    """Return ``count`` whole numbers from 0 to under ``below``, which is at most 2^31, all but equally likely."""
    draws = room((count,), np.int64)
    for block, words in _words(draws, seed=seed, stream=stream):
        block[:] = (words >> np.uint64(32)) * np.uint64(below) >> np.uint64(32)
    return draws


def _words(draws: NDArray[Any], *, seed: int, stream: Stream) -> Iterator[tuple[NDArray[Any], NDArray[np.uint64]]]:
    """Yield ``draws`` block by block, each with the words that it is made of."""
    generator = np.random.PCG64([seed, int(stream)])
    for first in range(0, draws.size, _BLOCK):
        block = draws[first : first + _BLOCK]
        yield block, np.asarray(generator.random_raw(block.size))
