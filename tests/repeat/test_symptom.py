"""A smaller input shows a finding where it shows the same cause: an exception at its place, a signal, a wrong axis."""

from __future__ import annotations

import pytest

from harness.compare.verdict import Finding
from harness.repeat.symptom import is_same, raised_at
from harness.vocabulary import FindingKind, Quantity

AT_3 = "[two.py:3, in softmax: raise RuntimeError(n)]"
NONE = "AdapterError: returned nothing (None), expected a numpy array [two.py:1, in softmax]"


def found(kind: FindingKind, detail: str) -> Finding:
    return Finding(
        kind=kind,
        case="a-case",
        sentence="kernel: it is wrong.",
        problems=("a",),
        adapters=("kernel",),
        quantity=Quantity.VJP,
        evidence={"detail": detail},
    )


@pytest.mark.parametrize(
    ("kind", "one", "sought"),
    [
        (FindingKind.RAISED, f"RuntimeError: 5 is too long {AT_3}", f"RuntimeError: 33 is not supported {AT_3}"),
        (
            FindingKind.RAISED,
            "IndexError: 5 [two.py:4, in look: return table[n], called from two.py:9, in softmax: look(n)]",
            "IndexError: 7 [two.py:4, in look: return table[n], called from two.py:12, in softmax: look(n)]",
        ),
        (FindingKind.RAISED, "TypeError: not for f32[2]", "TypeError: not for f32[2, 3]"),
        (FindingKind.RAISED, NONE, NONE),
        (FindingKind.CRASHED, "it was ended by SIGFPE", "it was ended by SIGFPE; its last words: a warning"),
        (
            FindingKind.CRASHED,
            "it exited with code 7",
            "not tried: the 20 processes before it died in their first evaluation; it exited with code 7",
        ),
        (
            FindingKind.WRONG_SHAPE,
            "returned shape (1, 16), expected (1, 2)",
            "returned shape (3, 64), expected (3, 33)",
        ),
        (FindingKind.WRONG_SHAPE, "returned shape (2,), expected (1, 2)", "returned shape (6,), expected (2, 3)"),
        (FindingKind.WRONG_DTYPE, "returned float64, asked for float32", "returned float64, asked for float32"),
        (FindingKind.TIMED_OUT, "no answer in 2 s", "no answer in 60 s"),
    ],
)
def test_what_has_the_same_cause_is_the_same(kind: FindingKind, one: str, sought: str) -> None:
    assert is_same(found(kind, one), found(kind, sought))


@pytest.mark.parametrize(
    ("kind", "one", "sought"),
    [
        (FindingKind.RAISED, f"IndexError: 0 {AT_3}", f"RuntimeError: 33 is not supported {AT_3}"),
        (FindingKind.RAISED, f"RuntimeError: too short {AT_3.replace('3', '7', 1)}", f"RuntimeError: too long {AT_3}"),
        (FindingKind.RAISED, "MXNetError: no rows", "MXNetError: 33 is not supported"),
        (FindingKind.RAISED, NONE.replace("nothing (None)", "a list"), NONE),
        (FindingKind.CRASHED, "it was ended by SIGSEGV", "it was ended by SIGFPE"),
        (FindingKind.CRASHED, "it exited with code 9", "it exited with code 7"),
        (
            FindingKind.CRASHED,
            "not tried: the 20 processes before it died in their first evaluation; it exited with code 7",
            "it exited with code 7",
        ),
        (
            FindingKind.WRONG_SHAPE,
            "returned shape (16, 2), expected (1, 2)",
            "returned shape (3, 64), expected (3, 33)",
        ),
        (FindingKind.WRONG_SHAPE, "returned shape (2,), expected (1, 2)", "returned shape (3, 64), expected (3, 33)"),
        (FindingKind.WRONG_DTYPE, "returned float16, asked for float32", "returned float64, asked for float32"),
    ],
)
def test_what_has_another_cause_is_another(kind: FindingKind, one: str, sought: str) -> None:
    assert not is_same(found(kind, one), found(kind, sought))


def test_a_line_with_brackets_is_found_whole() -> None:
    assert raised_at("IndexError: no [5] here [two.py:4, in look: return table[n]]") == (
        "two.py:4, in look: return table[n]"
    )
    assert raised_at("IndexError: no [5]") == ""
