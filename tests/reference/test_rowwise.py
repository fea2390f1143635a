"""Sums, counts and maxima of rows: those of NumPy, with the same bits wherever a row lies."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reference.rowwise import row_counts, row_maxima, row_sums

LENGTHS = (0, 1, 2, 3, 7, 8, 16, 63, 64, 65, 127, 128, 129, 1000)


def rows(length: int, count: int = 400) -> np.ndarray:
    rng = np.random.default_rng(length)
    return rng.standard_normal((count, length)) * np.exp(4.0 * rng.standard_normal((count, length)))


@pytest.mark.parametrize("length", LENGTHS)
def test_the_bits_of_a_sum_hang_on_its_row_alone(length: int) -> None:
    asked = rows(length)
    together = row_sums(asked)
    assert together.shape == (400, 1)
    for number, row in enumerate(asked[:20]):
        apart = np.zeros(length + 3)[3:]  # other memory, aligned otherwise
        apart[:] = row
        for laid in (row[np.newaxis], apart[np.newaxis], asked[number : number + 2], np.asfortranarray(asked)[number:]):
            assert row_sums(laid)[0].tobytes() == together[number].tobytes()
        strided = np.zeros((length, 2))
        strided[:, 0] = row
        assert row_sums(strided[:, 0][np.newaxis])[0].tobytes() == together[number].tobytes()
    assert row_sums(asked.reshape(20, 20, length)).tobytes() == together.tobytes()


@pytest.mark.parametrize("length", LENGTHS)
def test_a_sum_is_that_of_its_terms(length: int) -> None:
    asked = rows(length)
    for row, (got,) in zip(asked, row_sums(asked), strict=True):
        assert abs(got - math.fsum(row)) <= length * 2.0**-53 * math.fsum(np.abs(row))


def test_a_row_that_is_broadcast_counts_as_often_as_it_is_long() -> None:
    assert row_sums(np.broadcast_to(np.array([[0.5]]), (3, 4))).tolist() == [[2.0]] * 3


@pytest.mark.parametrize("length", LENGTHS[1:])
def test_maxima_and_counts_are_those_of_numpy(length: int) -> None:
    asked = np.where(np.abs(rows(length)) < 0.5, 0.0, rows(length))
    assert row_maxima(asked).tolist() == asked.max(axis=-1, keepdims=True).tolist()
    assert row_counts(asked).tolist() == np.count_nonzero(asked, axis=-1, keepdims=True).tolist()


def test_a_row_with_a_nan_has_no_maximum() -> None:
    assert np.isnan(row_maxima(np.array([[1.0, np.nan, 3.0]]))).all()
