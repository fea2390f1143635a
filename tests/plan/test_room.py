from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from harness.plan.carrier import converted, normal_array, one_hot
from harness.plan.draw import Stream, normal_draws
from harness.plan.room import room
from harness.vocabulary import DType
from reference.formats import format_named


def test_an_array_on_the_disk_is_like_one_in_memory_and_leaves_no_file(tmp_path: Path) -> None:
    tempfile.tempdir, before = str(tmp_path), tempfile.tempdir
    try:
        array = room((3, 5), np.float32, in_memory=59)
    finally:
        tempfile.tempdir = before
    array[...] = np.arange(15).reshape(3, 5)
    assert type(array) is np.ndarray
    assert array.flags.c_contiguous
    assert array.sum() == 105
    assert _mapped(array)
    assert list(tmp_path.iterdir()) == []


def test_a_small_array_is_in_memory() -> None:
    assert not _mapped(room((3, 5), np.float32, in_memory=60))


def test_where_the_disk_has_no_room_an_array_is_in_memory() -> None:
    absent, before = "/proc", tempfile.tempdir  # where nobody can make a file
    tempfile.tempdir = absent
    try:
        array = room((3, 5), np.float32, in_memory=1)
    finally:
        tempfile.tempdir = before
    assert not _mapped(array)


def _mapped(array: np.ndarray) -> bool:
    base: object = array
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap):
            return True
        base = base.base
    return base is not None and type(base).__name__ == "mmap"


@pytest.mark.parametrize("dtype", [dtype for dtype in DType if dtype.floating])
def test_draws_that_are_rounded_block_by_block_are_those_rounded_together(dtype: DType) -> None:
    count = 2**16 + 5
    draws = 2.0 + 30.0 * normal_draws(count, seed=7, stream=Stream.TANGENT)
    made = normal_array((count,), dtype, seed=7, stream=Stream.TANGENT, scale=30.0, shift=2.0)
    assert made.tobytes() == format_named(dtype).encode(draws).tobytes()


def test_an_array_from_a_file_is_converted_in_any_memory_order() -> None:
    wide = np.asfortranarray(np.arange(2.0**17).reshape(2**8, 2**9))
    assert converted(wide, DType.FLOAT32).tobytes() == wide.astype(np.float32, order="C").tobytes()
    assert converted(wide, DType.INT32).tobytes() == wide.astype(np.int32, order="C").tobytes()


@pytest.mark.parametrize("dtype", list(DType))
def test_a_one_hot_has_its_one_in_every_row(dtype: DType) -> None:
    array = one_hot((2, 3, 2), axis=1, index=2, dtype=dtype)
    assert array.dtype.name == dtype.carrier
    numbers = array if not dtype.floating else format_named(dtype).decode(array)
    assert numbers.sum() == 4
    assert (numbers[:, 2] == 1).all()
