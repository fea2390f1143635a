"""What an op takes beside x: a mask, lengths, targets, as a question gives them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.call import batch_shape
from harness.explain.arrays import fit, shape_text, stored
from harness.explain.reading import Misread, a_number, a_truth_value, a_whole_number, read_array
from harness.explain.words import Words


def mask(words: Words, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Return the mask for an x of ``shape``, or None; raise Misread where it does not fit."""
    if words.mask is None:
        return None
    written = read_array(words.mask, a_truth_value, where="--mask")
    fit(written.shape, shape, where="--mask", what="that of x")
    return np.array(written.items, dtype=np.bool_).reshape(shape)


def lengths(words: Words, shape: tuple[int, ...]) -> NDArray[np.int32] | None:
    """Return the lengths of the rows of an x of ``shape``, or None; raise Misread where they are none."""
    if words.lengths is None:
        return None
    written = read_array(words.lengths, a_whole_number, where="--lengths")
    fit(written.shape, batch_shape(shape, words.axis), where="--lengths", what="one length for each row")
    longest = shape[words.axis] if shape else 1
    wrong = [length for length in written.items if not 0 <= length <= longest]
    if wrong:
        raise Misread("--lengths", f"{wrong[0]} is no length of a row of {longest}", f"give 0 to {longest}")
    return np.array(written.items, dtype=np.int32).reshape(written.shape)


def targets(words: Words, shape: tuple[int, ...]) -> NDArray[Any] | None:
    """Return class indices, int32, or probabilities for an x of ``shape``, or None; raise Misread for anything else."""
    if words.targets is None:
        return None
    batch = batch_shape(shape, words.axis)
    written = read_array(words.targets, a_number, where="--targets")
    whole = all(re.fullmatch(r"[-+]?[0-9]+", text) for text in written.texts)
    if written.shape == batch and whole:
        return _indices(words, batch, shape)
    fit(written.shape, shape, where="--targets", what=f"probabilities, or class indices of shape {shape_text(batch)}")
    if not all(0 <= value <= 1 for value in written.items):
        raise Misread("--targets", "a probability that is not between 0 and 1", "give probabilities, or class indices")
    if words.ignore_index is not None:
        raise Misread("--ignore-index", "beside probabilities", "leave it out: only class indices are compared with it")
    return stored(written, words.due, where="--targets")


def _indices(words: Words, batch: tuple[int, ...], shape: tuple[int, ...]) -> NDArray[np.int32]:
    assert words.targets is not None  # noqa: S101 - the caller has read them
    written = read_array(words.targets, a_whole_number, where="--targets")
    classes = shape[words.axis] if shape else 1
    wrong = [index for index in written.items if not 0 <= index < classes and index != words.ignore_index]
    if wrong:
        raise Misread(
            "--targets", f"{wrong[0]} is no class", f"give 0 to {classes - 1}, or say --ignore-index {wrong[0]}"
        )
    return np.array(written.items, dtype=np.int32).reshape(batch)
