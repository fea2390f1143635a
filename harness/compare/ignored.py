"""That SoftmaxOutput ignores its head gradient, and what that amounts to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from harness.compare.asked import Asked, result_format
from harness.compare.parameters import op_in_words
from harness.compare.verdict import Finding, json_value
from harness.plan.problem import Problem
from harness.vocabulary import FindingKind, Op, Quantity
from reference.question import Question
from reference.truth import Truth, truth


def ignored_cotangent(problem: Problem, vjp: Truth, agreed: Sequence[str]) -> Iterator[Finding]:
    """Yield the finding that explains the vjp of SoftmaxOutput, where ``problem`` asks for one.

    ``vjp`` is its oracle, ``agreed`` the adapters whose results agree with that: the finding is theirs, or nobody's
    where none does. Its proof is the element that is farthest from the vjp of softmax for the cotangent given.
    """
    call = problem.call
    if call.op is not Op.SOFTMAX_OUTPUT or not call.x.size:
        return
    given = "none was given" if call.cotangent is None else f"here {problem.cotangent_name}"
    who = f"{', '.join(agreed)}: " if agreed else ""
    yield Finding(
        kind=FindingKind.COTANGENT_IGNORED,
        case=problem.case,
        sentence=(
            f"{who}the vjp of {op_in_words(call)} does not depend on the head gradient ({given}): it is the gradient "
            "of the cross entropy between softmax and the targets, softmax minus target, times grad_scale and divided "
            "as normalization says. The op is a loss that returns probabilities: weigh it with grad_scale, since a "
            "head gradient weighs nothing."
        ),
        problems=(problem.id,),
        adapters=tuple(agreed),
        quantity=Quantity.VJP,
        evidence=_proof(problem, vjp),
    )


def _proof(problem: Problem, vjp: Truth) -> dict[str, object]:
    call = problem.call
    dtype = call.dtype.value
    asked = Asked([call], result=result_format(call))
    softmax = Question(op="softmax", axis=call.axis, x=asked.question.x, format=dtype, result=dtype)
    own = truth(softmax, "vjp", **asked.vectors(Quantity.VJP), working=dtype, accumulation=dtype).value.hi
    with np.errstate(invalid="ignore"):
        apart = np.nan_to_num(np.abs(vjp.value.hi - own))
    at = np.unravel_index(int(apart.argmax()), apart.shape)
    return {
        "at": [int(index) for index in at],
        "gradient there": json_value(float(vjp.value.hi[at])),
        "softmax's own vjp there": json_value(float(own[at])),
    }
