"""The right rule, asked of the wrong thing: another axis, temperature, mask, target, cotangent, or x.

The answer is the exact one to the other question. Another temperature is a float64, as it is in a kernel that squares
or inverts one: by that rounding it may be off what the words say, and the bound of a quotient covers it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np

from reference.faults.evaluation import Answer, Evaluation
from reference.faults.fault import Alteration, Fault
from reference.faults.kinds import KINDS
from reference.ops import MASKED, NEGATED, TEMPERED, WITH_TARGETS, sibling
from reference.question import LIKE_LOG_SOFTMAX, LIKE_SOFTMAX, OPS, QUANTITIES, Question


def elsewhere(
    name: str,
    *,
    what: str,
    why: str,
    ops: tuple[str, ...],
    quantities: tuple[str, ...],
    to: Alteration,
    rows_alone: bool = True,
) -> Fault:
    """Return the fault of a kernel that answers another evaluation rightly; its bound is the one that holds there."""

    def rule(evaluation: Evaluation) -> Answer | None:
        if (evaluation.question.op, evaluation.quantity) not in KINDS:
            return None
        altered = to(evaluation)
        return None if altered is None else altered.right

    return Fault(
        name=name,
        what=what,
        why=why,
        ops=ops,
        quantities=quantities,
        rule=rule,
        alteration=to,
        rows_alone=rows_alone,
    )


def asking(change: Callable[[Question], dict[str, Any] | None]) -> Alteration:
    """Return the alteration that asks the changed question."""

    def to(evaluation: Evaluation) -> Evaluation | None:
        changes = change(evaluation.question)
        return None if changes is None else evaluation.about(replace(evaluation.question, **changes))

    return to


def _other_axis(question: Question) -> dict[str, Any] | None:
    rank, axis = question.x.ndim, question.rows.axis
    if rank < 2:
        return None
    return {"axis": rank - 1 if axis != rank - 1 else rank - 2}


def _row_before(question: Question) -> dict[str, Any] | None:
    rows = question.rows
    return None if rows.count < 2 else {"x": rows.join(np.roll(rows.cut(question.x), 1, axis=0))}


def _uniform(question: Question) -> dict[str, Any] | None:
    return {"x": np.where(np.isfinite(question.x), 0.0, question.x)}


def _unmasked(question: Question) -> dict[str, Any]:
    return {"op": "softmax" if question.op == "masked_softmax" else "log_softmax", "mask": None}


def _next_class(by: int) -> Callable[[Question], dict[str, Any] | None]:
    def change(question: Question) -> dict[str, Any] | None:
        if not question.has_indices or question.targets is None:
            return None
        counted = question.counted.reshape(question.targets.shape)
        moved = (question.targets + by) % max(question.rows.length, 1)
        if question.ignore_index is not None and (moved[counted] == question.ignore_index).any():
            return None
        return {"targets": np.where(counted, moved, question.targets)}

    return change


def _ones(evaluation: Evaluation) -> Evaluation | None:
    return None if evaluation.cotangent is None else replace(evaluation, cotangent=np.ones_like(evaluation.cotangent))


def _temperature(power: float) -> Callable[[Question], dict[str, Any]]:
    return lambda question: {"temperature": question.temperature**power}


ELSEWHERE: Final[tuple[Fault, ...]] = (
    elsewhere(
        "wrong-axis",
        what="the right rule along another axis: the axis that was asked for is ignored",
        why="axis=-1 is assumed, or a layout is transposed",
        ops=(*(op for op in LIKE_SOFTMAX if op != "softmax_output"), *LIKE_LOG_SOFTMAX),
        quantities=QUANTITIES,
        to=asking(_other_axis),
        rows_alone=False,
    ),
    elsewhere(
        "cotangent-ignored",
        what="the right rule at v = 1: the cotangent is ignored, and taken as ones",
        why="the op is written as the end of the network, or a loss is summed before the backward",
        ops=tuple(op for op in OPS if op != "softmax_output"),
        quantities=("vjp", "hvp"),
        to=_ones,
    ),
    elsewhere(
        "temperature-forgotten",
        what="the right rule at T = 1: the temperature is forgotten",
        why="a scaling argument is accepted and not used",
        ops=TEMPERED,
        quantities=QUANTITIES,
        to=asking(_temperature(0.0)),
    ),
    elsewhere(
        "temperature-twice",
        what="the right rule at T*T: the logits are divided by the temperature twice",
        why="both the caller and the kernel scale",
        ops=TEMPERED,
        quantities=QUANTITIES,
        to=asking(_temperature(2.0)),
    ),
    elsewhere(
        "temperature-multiplied",
        what="the right rule at 1/T: the logits are multiplied by the temperature instead of divided",
        why="a scale is taken for a temperature, its reciprocal",
        ops=TEMPERED,
        quantities=QUANTITIES,
        to=asking(_temperature(-1.0)),
    ),
    elsewhere(
        "base-two",
        what="exp2(x - max x): the exponential has base two",
        why="exp2 is the instruction that the hardware has, and the factor 1/ln 2 is lost",
        ops=TEMPERED,
        quantities=QUANTITIES,
        to=asking(lambda question: {"temperature": question.temperature / math.log(2.0)}),
    ),
    elsewhere(
        "row-before",
        what="the right rule at the x of the row before: stale input",
        why="a buffer is used before it is written, or an index is off by one row",
        ops=OPS,
        quantities=QUANTITIES,
        to=asking(_row_before),
        rows_alone=False,
    ),
    elsewhere(
        "stale-zeros",
        what="the right rule at x = 0: all probabilities are taken to be equal",
        why="the stored output is still the zeros of its allocation",
        ops=OPS,
        quantities=QUANTITIES,
        to=asking(_uniform),
    ),
    elsewhere(
        "mask-ignored",
        what="the right rule without the mask: what it hides counts in the sum",
        why="the mask is lost on the way to the kernel, or multiplied in after the softmax",
        ops=MASKED,
        quantities=QUANTITIES,
        to=asking(_unmasked),
    ),
    elsewhere(
        "logarithm-returned",
        what="log_softmax(x): a logarithm where the probability is due",
        why="the two functions are taken for each other",
        ops=("softmax", "masked_softmax"),
        quantities=("forward",),
        to=asking(lambda question: {"op": sibling(question.op, rules="log_softmax")}),
    ),
    elsewhere(
        "probability-returned",
        what="softmax(x): a probability where its logarithm is due",
        why="the two functions are taken for each other",
        ops=LIKE_LOG_SOFTMAX,
        quantities=("forward",),
        to=asking(lambda question: {"op": sibling(question.op, rules="softmax")}),
    ),
    elsewhere(
        "negation-forgotten",
        what="the right rule of softmax(x): that of softmax(-x) is due",
        why="the argument of softmin is not negated",
        ops=NEGATED,
        quantities=QUANTITIES,
        to=asking(lambda question: {"op": sibling(question.op, negated=False)}),
    ),
    elsewhere(
        "target-next-class",
        what="the right rule at target y + 1: the target is one class too high",
        why="labels that count from one meet a kernel that counts from zero, or the reverse",
        ops=WITH_TARGETS,
        quantities=("forward", "vjp", "jvp", "jacobian"),
        to=asking(_next_class(1)),
    ),
    elsewhere(
        "target-class-before",
        what="the right rule at target y - 1: the target is one class too low",
        why="labels that count from one meet a kernel that counts from zero, or the reverse",
        ops=WITH_TARGETS,
        quantities=("forward", "vjp", "jvp", "jacobian"),
        to=asking(_next_class(-1)),
    ),
    elsewhere(
        "label-smoothing-forgotten",
        what="the right rule without smoothing: the label smoothing is forgotten",
        why="the loss has it and its gradient does not, or the argument is accepted and not used",
        ops=WITH_TARGETS,
        quantities=("forward", "vjp", "jvp", "jacobian"),
        to=asking(lambda question: {"label_smoothing": 0.0}),
    ),
)
