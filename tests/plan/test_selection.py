"""An expression of -k selects as pytest's does, and a wrong one is told apart from one that matches nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.plan.select import Selection, SelectionError

TEXT = "forum-summed-output[float32,one_hot 0]\nsoftmax\nfloat32"


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        ("forum", True),
        ("FORUM", True),
        ("orum-summed", True),
        ("jax", False),
        ("not jax", True),
        ("forum and not float64", True),
        ("jax or softmax and float32", True),
        ("(jax or softmax) and float64", False),
        ("not (jax or softmax)", False),
        ("not not forum", True),
        ("forum-summed-output[float32,one_hot", True),
        ("'one_hot 0'", True),
        ('"one_hot 1"', False),
        ("'output[float32,one_hot 0] softmax'", False),
    ],
)
def test_an_expression_selects(expression: str, selected: bool) -> None:
    assert Selection(expression).matches(TEXT) is selected


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", "a word is expected as token 1, it ends"),
        ("forum or", "a word is expected as token 3, it ends"),
        ("forum float32", "'and', 'or' or the end is expected as token 2, got 'float32'"),
        ("(forum", "')' is expected as token 3"),
        ("forum)", "got ')'"),
        ("and", "a word is expected as token 1, got 'and'"),
        ("'one_hot 0", "a quotation mark is not closed"),
        ("(" * 5000 + "a", "nested too deeply"),
        ("not " * 5000 + "a", "nested too deeply"),
    ],
)
def test_a_wrong_expression_is_refused_at_its_place(expression: str, words: str) -> None:
    with pytest.raises(SelectionError) as caught:
        Selection(expression)
    assert words in str(caught.value)


@pytest.mark.parametrize("depth", range(100, 300, 20))
def test_an_expression_is_applied_or_refused_however_deep_it_is(depth: int) -> None:
    try:
        selected = Selection("not (" * depth + "a" + ")" * depth).matches("a")
    except SelectionError:
        return
    assert selected is True


@given(st.text(alphabet="ab() 'notrd", max_size=30))
def test_any_text_is_an_expression_or_refused(expression: str) -> None:
    try:
        selection = Selection(expression)
    except SelectionError:
        return
    assert selection.matches("a") in (True, False)


def test_what_selects_nothing_names_what_is_near() -> None:
    error = Selection("formu").nothing([TEXT, "zero-gradient"])
    assert "selects nothing; near it are: forum" in str(error)
