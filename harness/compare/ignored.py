"""That SoftmaxOutput ignores its head gradient, and what that amounts to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.compare.asked import Asked, result_format
from harness.compare.judge import Assessment
from harness.compare.parameters import op_in_words
from harness.compare.verdict import Finding, json_value
from harness.plan.problem import Problem
from harness.vocabulary import FindingKind, Op, Quantity
from reference.formats import Floats
from reference.question import Question
from reference.truth import truth


def ignored_cotangent(problem: Problem, assessed: Assessment) -> Iterator[Finding]:
    """Yield the finding that explains a vjp of SoftmaxOutput that agrees with what that op is documented to return.

    Its proof is the element where the result is farthest from the vjp of softmax for the cotangent given.
    """
    call, verdict = problem.call, assessed.verdict
    due = call.op is Op.SOFTMAX_OUTPUT and verdict.quantity is Quantity.VJP and verdict.outcome.agreed
    if not due or assessed.numbers is None or not call.x.size:
        return
    got, result = assessed.numbers.value, result_format(call)
    given = "none was given" if call.cotangent is None else f"here {problem.cotangent_name}"
    yield Finding(
        kind=FindingKind.COTANGENT_IGNORED,
        case=problem.case,
        sentence=(
            f"{verdict.adapter}: the vjp of {op_in_words(call)} does not depend on the head gradient ({given}): what "
            "comes back is the gradient of the cross entropy between softmax and the targets, softmax minus target, "
            "times grad_scale and divided as normalization says. The op is a loss that returns probabilities: weigh "
            "it with grad_scale, since a head gradient weighs nothing."
        ),
        problems=(problem.id,),
        adapters=(verdict.adapter,),
        quantity=Quantity.VJP,
        evidence=_proof(problem, got, result),
    )


def _proof(problem: Problem, got: Floats, result: str) -> dict[str, object]:
    call = problem.call
    dtype = call.dtype.value
    asked = Asked([call], result=result)
    softmax = Question(op="softmax", axis=call.axis, x=asked.question.x, format=dtype, result=result)
    vjp = truth(softmax, "vjp", **asked.vectors(Quantity.VJP), working=dtype, accumulation=dtype).value.hi
    with np.errstate(invalid="ignore"):
        apart = np.nan_to_num(np.abs(got - vjp))
    at = np.unravel_index(int(apart.argmax()), apart.shape)
    return {
        "at": [int(index) for index in at],
        "returned": json_value(float(got[at])),
        "softmax's own vjp there": json_value(float(vjp[at])),
    }
