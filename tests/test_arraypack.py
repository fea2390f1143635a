"""Arrays come out of a pack bit for bit; a pack or reference that is not whole is refused and costs no memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.arraypack import ALIGNMENT, PackError, PackWriter, open_pack, unpack

HEADER = 128  # bytes
ARRAYS = {
    "no axes": np.array(-0.0),
    "one element": np.array([1.5], np.float32),
    "no elements": np.zeros((3, 0, 2), np.float32),
    "nan payloads": np.array([0x7FC00001, 0xFFA00000, 0x7F800001], np.uint32).view(np.float32),
    "infinities and subnormals": np.array([[np.inf, -np.inf], [5e-324, -0.0]]),
    "big-endian": np.arange(5, dtype=">f8") / 3,
    "columns first": np.asfortranarray(np.arange(6, dtype=np.int16).reshape(2, 3)),
    "reversed": np.arange(7.0)[::-1],
    "repeated by strides": np.broadcast_to(np.float64(0.1), (2, 3)),
    "float16": np.array([0.1, 65504], np.float16),
    "bits of bfloat16": np.array([0x3F80, 0x7FC1], np.uint16),
    "truth values": np.array([True, False]),
    "complex": np.array([1 + 2j], np.complex64),
    "extended": np.array([1.5, -np.inf], np.longdouble),
    "extended, big-endian": np.array([1.5, 0.0], np.longdouble).astype(np.dtype(np.longdouble).newbyteorder(">")),
    "extended, complex": np.array(1 + 2j, np.clongdouble),
}


def write(path: Path, *arrays: NDArray[Any]) -> list[dict[str, Any]]:
    writer = PackWriter(path)
    references = [writer.append(array) for array in arrays]
    writer.close()
    return references


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pack.npy"


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_an_array_comes_back_bit_for_bit_in_the_byte_order_of_the_machine(array: NDArray[Any], path: Path) -> None:
    _, reference = write(path, np.ones(3, np.int8), array)  # the first moves the second off the beginning
    found = unpack(open_pack(path), reference)
    native = array.astype(array.dtype.newbyteorder("="))
    assert (found.dtype, found.shape) == (native.dtype, array.shape)
    assert found.tobytes() == native.tobytes()


def test_arrays_lie_aligned_and_read_only_on_the_disk(path: Path) -> None:
    references = write(path, *ARRAYS.values())
    pack = open_pack(path)
    assert isinstance(pack.base, np.memmap)
    for reference in references:
        assert reference["offset"] % ALIGNMENT == 0
        found = unpack(pack, reference)
        assert found.size == 0 or np.shares_memory(found, pack)
        assert not found.flags.writeable


@pytest.mark.parametrize("arrays", [[], [np.zeros((0, 5))]], ids=["no arrays", "no elements"])
def test_a_pack_without_a_byte_is_a_pack(arrays: list[NDArray[Any]], path: Path) -> None:
    references = write(path, *arrays)
    pack = open_pack(path)
    assert pack.size == 0
    assert [unpack(pack, reference).shape for reference in references] == [array.shape for array in arrays]


def test_a_pack_is_a_flat_npy_file_that_numpy_reads_alone(path: Path) -> None:
    write(path, *ARRAYS.values())
    assert HEADER + open_pack(path).size == path.stat().st_size
    np.testing.assert_array_equal(np.load(path, allow_pickle=False), open_pack(path), strict=True)


def test_until_it_is_closed_a_pack_is_not_there_under_its_name(path: Path) -> None:
    write(path, np.zeros(1))
    writer = PackWriter(path)
    writer.append(np.ones(1000))
    assert open_pack(path).size == 8  # the one from before
    writer.close()
    assert open_pack(path).size == 8000
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_discarded_pack_leaves_nothing_behind(path: Path) -> None:
    writer = PackWriter(path)
    writer.append(np.ones(1000))
    writer.discard()
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    "array", [np.array([None]), np.array(["a"]), np.zeros(2, "f4,i4"), np.zeros(1, "M8[s]"), np.zeros(1, "V2")], ids=str
)
def test_what_is_not_plain_numbers_is_refused_and_costs_the_others_nothing(array: NDArray[Any], path: Path) -> None:
    writer = PackWriter(path)
    before = writer.append(np.arange(3.0))
    with pytest.raises(PackError, match="not plain numbers"):
        writer.append(array)
    after = writer.append(np.arange(4.0))
    writer.close()
    pack = open_pack(path)
    assert [unpack(pack, reference).tolist() for reference in (before, after)] == [[0, 1, 2], [0, 1, 2, 3]]


@pytest.mark.parametrize("keep", [0, 5, HEADER - 1, HEADER, HEADER + 23])
def test_a_pack_that_was_cut_short_is_refused(keep: int, path: Path) -> None:
    write(path, np.arange(3.0))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(PackError, match=r"pack\.npy: not a whole pack of arrays: cut short"):
        open_pack(path)


def test_a_pack_that_was_added_to_is_refused(path: Path) -> None:
    write(path, np.arange(3.0))
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(PackError, match="added to"):
        open_pack(path)


@pytest.mark.parametrize("array", [np.arange(3.0), np.zeros((2, 2), np.uint8), np.array([None])], ids=str)
def test_another_npy_file_is_no_pack(array: NDArray[Any], path: Path) -> None:
    np.save(path, array)
    with pytest.raises(PackError, match="something else"):
        open_pack(path)


def test_a_pack_that_promises_more_than_it_holds_is_refused_without_room_being_made(path: Path) -> None:
    write(path, np.zeros(1))
    promised = path.read_bytes().replace(b"(8,), }" + b" " * 9, b"(9000000000,), }")
    path.write_bytes(promised)
    assert b"9000000000" in promised
    tracemalloc.start()
    with pytest.raises(PackError, match="not a whole pack"):
        open_pack(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize("name", ["absent.npy", "folder"])
def test_a_pack_that_cannot_be_read_is_refused_by_its_name(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(PackError, match=f"{name}: cannot be read"):
        open_pack(tmp_path / name)


GOOD = {"offset": 64, "shape": [2], "dtype": "float64"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (None, "not a reference"),
        (7, "not a reference"),
        ([64, [2], "float64"], "not a reference"),
        ({"offset": 64, "shape": [2]}, "not a reference"),
        (GOOD | {"offset": -64}, "not a reference"),
        (GOOD | {"offset": 64.0}, "not a reference"),
        (GOOD | {"offset": False}, "not a reference"),
        (GOOD | {"shape": 2}, "not a reference"),
        (GOOD | {"shape": "2"}, "not a reference"),
        (GOOD | {"shape": [-1]}, "not a reference"),
        (GOOD | {"shape": [True]}, "not a reference"),
        (GOOD | {"shape": [0, 2**62, 2**62]}, "not a reference"),
        (GOOD | {"shape": [0, 10**30]}, "not a reference"),
        (GOOD | {"shape": [1] * 70}, "not a reference"),
        (GOOD | {"dtype": None}, "not a reference"),
        (GOOD | {"dtype": "object"}, "not a reference"),
        (GOOD | {"dtype": "i4,,"}, "not a reference"),
        (GOOD | {"dtype": ">f8"}, "not a reference"),
        (GOOD | {"offset": 8}, "bytes 8 to 24"),
        (GOOD | {"offset": 128}, "bytes 128 to 144 are asked of a pack of 88 bytes"),
        (GOOD | {"shape": [4]}, "bytes 64 to 96 are asked of a pack of 88 bytes"),
        (GOOD | {"shape": [10**30]}, "are asked of a pack of 88 bytes"),
    ],
    ids=str,
)
def test_a_reference_that_is_none_is_refused(wrong: Any, words: str, path: Path) -> None:
    write(path, np.zeros(1), np.arange(3.0))
    pack = open_pack(path)
    assert unpack(pack, GOOD).tolist() == [0.0, 1.0]
    with pytest.raises(PackError, match=words):
        unpack(pack, wrong)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "other"]), values),
    max_leaves=8,
)


@given(JSON | st.fixed_dictionaries(dict.fromkeys(GOOD, JSON)))
def test_any_value_is_a_reference_or_refused(value: Any) -> None:
    try:
        found = unpack(np.zeros(128, np.uint8), value)
    except PackError:
        return
    assert found.nbytes <= 128
