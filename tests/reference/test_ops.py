from __future__ import annotations

import pytest

from reference.ops import FAMILY, sibling


@pytest.mark.parametrize(
    ("op", "other", "found"),
    [
        ("softmax", {"rules": "log_softmax"}, "log_softmax"),
        ("masked_softmax", {"rules": "log_softmax"}, "masked_log_softmax"),
        ("masked_log_softmax", {"rules": "softmax"}, "masked_softmax"),
        ("softmin", {"negated": False}, "softmax"),
        ("softmin", {"rules": "log_softmax"}, None),
    ],
)
def test_a_sibling_differs_in_what_is_given_alone(op: str, other: dict[str, object], found: str | None) -> None:
    assert sibling(op, **other) == found  # type: ignore[arg-type]


def test_no_two_ops_are_told_apart_by_their_names_alone() -> None:
    assert len(set(FAMILY.values())) == len(FAMILY)
