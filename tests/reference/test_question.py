"""What cannot be asked is refused, in a sentence that says what could be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference.exact.targets import targets_of
from reference.question import OPS, Question, kept_by_length
from reference.truth import truth

X = np.zeros((2, 3))
KEPT = np.ones((2, 3), dtype=np.bool_)
INDICES = np.array([0, 2])
FLOAT64 = {"working": "float64", "accumulation": "float64"}


def question(op: str = "softmax", **given: Any) -> Question:
    needed: dict[str, Any] = {}
    if op.startswith("masked"):
        needed["mask"] = KEPT
    if op in ("cross_entropy", "softmax_output"):
        needed["targets"] = INDICES
    return Question(**{"op": op, "axis": 1, "x": X, "format": "float64", "result": "float64"} | needed | given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"op": "sofmax"}, "no op is called 'sofmax'; the reference knows softmax, log_softmax, softmin"),
        ({"format": "float8"}, "no floating point format is called 'float8'"),
        ({"result": "int32"}, "no floating point format is called 'int32'"),
        ({"axis": 2}, "axis 2 of an array of shape (2, 3): expected -2 <= axis < 2"),
        ({"x": X.astype(np.float32)}, "a primal of dtype float32: decode it to float64"),
        ({"temperature": 0.0}, "a temperature of 0.0: expected a positive finite number"),
        ({"temperature": np.nan}, "a temperature of nan"),
        ({"temperature": np.inf}, "a temperature of inf"),
        ({"op": "logsumexp", "temperature": 2.0}, "logsumexp has no temperature"),
        ({"op": "cross_entropy", "temperature": 2.0}, "cross_entropy has no temperature"),
        ({"reduction": "sum"}, "softmax has no reduction"),
        ({"op": "cross_entropy", "reduction": "average"}, "no reduction is called 'average'; known: none, sum, mean"),
        ({"op": "logsumexp", "ignore_index": 0}, "logsumexp has no ignore_index"),
        ({"op": "masked_softmax", "label_smoothing": 0.1}, "masked_softmax has no label_smoothing"),
        ({"op": "cross_entropy", "label_smoothing": 1.0}, "label smoothing of 1.0: expected 0 <= a < 1"),
        ({"op": "cross_entropy", "grad_scale": 2.0}, "cross_entropy has no grad_scale"),
        ({"op": "softmax_output", "grad_scale": np.inf}, "a grad_scale of inf: expected a finite number"),
        ({"op": "cross_entropy", "normalization": "batch"}, "cross_entropy has no normalization"),
        (
            {"op": "softmax_output", "normalization": "rows"},
            "no normalization is called 'rows'; known: null, batch, valid",
        ),
        ({"op": "masked_softmax", "mask": None}, "masked_softmax needs a mask"),
        ({"mask": KEPT}, "softmax takes no mask"),
        ({"op": "masked_softmax", "mask": KEPT[0]}, "a mask of shape (3,) beside a primal of shape (2, 3)"),
        ({"op": "cross_entropy", "targets": None}, "cross_entropy needs targets"),
        ({"targets": INDICES}, "softmax takes no targets"),
        (
            {"op": "cross_entropy", "targets": INDICES[:1]},
            "class indices of shape (1,) beside a primal of shape (2, 3)",
        ),
        ({"op": "cross_entropy", "targets": X[0]}, "probabilities of shape (3,) beside a primal of shape (2, 3)"),
        ({"op": "cross_entropy", "targets": X - 0.5}, "a probability below 0"),
        ({"op": "softmax_output", "targets": X, "label_smoothing": 0.1}, "SoftmaxOutput smooths class indices"),
    ],
)
def test_what_nobody_can_answer_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match="the caller's mistake") as refused:
        question(**given)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("op", "quantity", "given", "said"),
    [
        ("softmax", "gradient", {}, "no quantity is called 'gradient'"),
        ("softmax", "vjp", {}, "a vjp needs a cotangent"),
        ("softmax", "jvp", {"cotangent": X, "tangent": X}, "a jvp takes no cotangent"),
        ("softmax", "forward", {"tangent": X}, "a forward takes no tangent"),
        ("softmax", "hvp", {"cotangent": X}, "an hvp needs a tangent"),
        ("softmax", "jacobian", {"cotangent": X}, "a jacobian takes no cotangent"),
        ("logsumexp", "vjp", {"cotangent": X}, "a cotangent of shape (2, 3) for an output of shape (2,)"),
        ("softmax", "jvp", {"tangent": X[0]}, "an array of shape (3,) beside a primal of shape (2, 3)"),
        ("softmax_output", "jvp", {"tangent": X}, "no jvp of softmax_output"),
        ("softmax_output", "hvp", {"cotangent": X, "tangent": X}, "no hvp of softmax_output"),
    ],
)
def test_a_quantity_takes_the_vectors_that_it_has_and_no_others(
    op: str, quantity: str, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match="the caller's mistake") as refused:
        truth(question(op), quantity, **given, **FLOAT64)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"working": "float8"}, "no floating point format is called 'float8'"),
        ({"accumulation": "int32"}, "no floating point format is called 'int32'"),
        ({"forms": ("fused",)}, "no form is called 'fused'"),
    ],
)
def test_a_kernel_declares_formats_and_forms_that_exist(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match="the caller's mistake") as refused:
        truth(question(), "forward", **FLOAT64 | given)
    assert said in str(refused.value)


@pytest.mark.parametrize(("targets", "wrong"), [([0, 3], 3), ([-1, 0], -1), ([-100, 0], -100)])
def test_an_index_names_a_class_or_is_the_one_to_ignore(targets: list[int], wrong: int) -> None:
    asked = question("cross_entropy", targets=np.array(targets))
    with pytest.raises(ValueError, match=f"the target {wrong} is none of the 3 classes, nor ignore_index"):
        targets_of(asked)
    ignoring = question("cross_entropy", targets=np.array(targets), ignore_index=wrong)
    assert ignoring.counted.sum() == 1
    assert targets_of(ignoring).q.hi.any(axis=1).tolist() == [wrong != one for one in targets]


@pytest.mark.parametrize(
    ("op", "given", "shape"),
    [
        *((op, {}, (2, 3)) for op in OPS if op not in ("logsumexp", "cross_entropy")),
        ("logsumexp", {}, (2,)),
        ("logsumexp", {"axis": 0}, (3,)),
        ("cross_entropy", {}, (2,)),
        ("cross_entropy", {"reduction": "sum"}, ()),
        ("cross_entropy", {"reduction": "mean"}, ()),
    ],
)
def test_an_output_has_the_shape_of_x_or_lacks_the_axis_or_is_one_number(
    op: str, given: dict[str, Any], shape: tuple[int, ...]
) -> None:
    assert question(op, **given).output_shape == shape


def test_lengths_keep_the_first_elements_along_any_axis() -> None:
    assert kept_by_length(np.array([0, 2]), (2, 3), axis=1).tolist() == [[False] * 3, [True, True, False]]
    assert kept_by_length(np.array([2, 0, 1]), (2, 3), axis=-2).tolist() == [[True, False, True], [True, False, False]]
