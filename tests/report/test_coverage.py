from __future__ import annotations

from dataclasses import replace

from harness.report.coverage import Coverage, coverage
from harness.vocabulary import DType, Op, Outcome, Quantity
from tests.report.miniature import MINIATURE, row, verdict


def of(*verdicts) -> Coverage:
    return coverage(replace(MINIATURE, verdicts=tuple(verdicts)))


def test_problems_and_judged_results_are_counted_cell_by_cell() -> None:
    found = coverage(MINIATURE)
    cells = {(line.op, line.quantity): line.cells[list(DType).index(DType.FLOAT32)] for line in found.lines}
    forward, jvp = cells["softmax", Quantity.FORWARD], cells["softmax", Quantity.JVP]
    assert forward is not None
    assert (forward.problems, forward.judged) == (3, (3, 3, 2, 0))  # torch crashed, jax did not run
    assert jvp is not None
    assert (jvp.problems, jvp.judged) == (1, (1, 0, 1, 0))  # mxnet has none; torch's is judged by laws alone


def test_every_cell_is_planned_or_said_to_be_missing() -> None:
    found = coverage(MINIATURE)
    assert found.planned == 3
    assert found.planned + len(found.never) == found.possible


def test_what_cannot_be_asked_is_not_missing() -> None:
    never = set(of().never)
    assert (Op.SOFTMAX.value, DType.INT32.value, Quantity.FORWARD) in never
    assert (Op.SOFTMAX.value, DType.INT32.value, Quantity.VJP) not in never
    assert (Op.SOFTMAX_OUTPUT.value, DType.FLOAT32.value, Quantity.VJP) in never
    assert (Op.SOFTMAX_OUTPUT.value, DType.FLOAT32.value, Quantity.HVP) not in never


def test_a_call_that_every_framework_lacks_is_told_apart_from_one_that_did_not_run() -> None:
    lacking = row("c", Quantity.HVP, Outcome.EXACT, Outcome.UNSUPPORTED, Outcome.UNSUPPORTED, Outcome.NOT_RUN)
    absent = row("c", Quantity.JVP, Outcome.EXACT, Outcome.NOT_RUN, Outcome.NOT_RUN, Outcome.NOT_RUN)
    assert of(*lacking, *absent).unanswered == (("softmax", "float32", Quantity.HVP),)


def test_lines_stand_in_the_order_of_the_vocabulary_and_unknown_words_behind() -> None:
    verdicts = [
        verdict("mxnet", "c", Quantity.FORWARD, Outcome.EXACT, op=op) for op in ("later", "log_softmax", "softmax")
    ]
    assert [line.op for line in of(*verdicts).lines] == ["softmax", "log_softmax", "later"]
