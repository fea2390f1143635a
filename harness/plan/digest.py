"""The digest of a plan: two plans with the same digest ask the same questions, with the same input bits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.arraypack import name_of
from harness.call import ARRAYS, Call
from harness.plan.callcodec import parameters_to_json
from harness.plan.problem import Problem

_SALT = b"softmax-harness plan digest 2\n"


def fingerprint(array: NDArray[Any]) -> str:
    """Return the SHA-256 of an array's dtype, shape and bits (little-endian, C order): a NaN's payload counts."""
    little = np.ascontiguousarray(array.astype(_little(array.dtype), copy=False))
    sha = hashlib.sha256(f"{name_of(array.dtype)} {list(array.shape)}\n".encode())
    sha.update(
        little.reshape(-1).view(np.uint8).data
    )  # the bytes where they are: a copy would be as large as the array
    return sha.hexdigest()


@cache
def _little(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype.newbyteorder("<")


def digest_of(problems: Iterable[Problem]) -> str:
    """Return the digest of problems, in their order, as hexadecimal SHA-256.

    It covers what an adapter is asked, under which name, and every input bit. It leaves out what a person may mend
    without changing a result: why, source, place, expectations, ledger.
    """
    return digest_and_questions(problems)[0]


def digest_and_questions(problems: Iterable[Problem]) -> tuple[str, dict[Problem, str]]:
    """Return the digest of problems, and :func:`question_of` the call of each, for one look at their arrays."""
    sha = hashlib.sha256(_SALT)
    questions = {}
    known: dict[int, str] = {}  # by identity: the arrays live as long as the problems, which are kept
    for problem in problems:
        called = _called(problem.call, known)
        sha.update(_line(_asked(problem) | called))
        questions[problem] = hashlib.sha256(_line(called)).hexdigest()
    return sha.hexdigest(), questions


def question_of(call: Call) -> str:
    """Return the digest of what one call asks, input bits included, whatever it is named and wherever it stands."""
    return hashlib.sha256(_line(_called(call, {}))).hexdigest()


def _line(asked: dict[str, Any]) -> bytes:
    return json.dumps(asked, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _asked(problem: Problem) -> dict[str, Any]:
    return {
        "id": problem.id,
        "cotangent_name": problem.cotangent_name,
        "check": [quantity.value for quantity in problem.check],
    }


def _called(call: Call, known: dict[int, str]) -> dict[str, Any]:
    arrays = {name: getattr(call, name) for name in ARRAYS}
    return {
        "call": parameters_to_json(call),
        "arrays": {name: None if array is None else _printed(array, known) for name, array in arrays.items()},
    }


def _printed(array: NDArray[Any], known: dict[int, str]) -> str:
    """Return the fingerprint of an array that many calls may share, taken once."""
    if id(array) not in known:
        known[id(array)] = fingerprint(array)
    return known[id(array)]
