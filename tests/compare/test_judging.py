from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.adapters.contract import Precision
from harness.call import Call
from harness.compare.compare import NotRun, compare
from harness.compare.verdict import Verdict
from harness.record.recording import Crashed, Entry, OutOfMemory, Recording, Returned, TimedOut, Unsupported
from harness.vocabulary import DType, FindingKind, Form, Op, Outcome, Quantity
from reference.formats import format_named
from tests.compare.bench import FLOATING, RIGHT, Kernel, header, plan, problem, read, recording, softmax, stored, vjp

X = [[0.1, 2.0, -1.5], [3.0, 0.25, 0.5]]
V = [[1.0, -2.0, 0.5], [0.0, 4.0, 1.0]]


def judged(kernels: dict[Quantity, Kernel], quantity: Quantity = Quantity.VJP, **options: Any) -> Verdict:
    asked = plan(problem(X, V, **options))
    compared = compare(asked, {"kernel": recording(asked, RIGHT | kernels)})
    return next(verdict for verdict in compared.verdicts if verdict.quantity is quantity)


@pytest.mark.parametrize("dtype", FLOATING)
def test_a_correct_kernel_agrees(dtype: DType) -> None:
    for quantity in (Quantity.FORWARD, Quantity.VJP):
        verdict = judged({}, quantity, dtype=dtype)
        assert verdict.outcome in {Outcome.WITHIN_BOUND, Outcome.EXACT}
        assert verdict.share is not None
        assert verdict.share <= 1


def _without_dot(call: Call) -> NDArray[Any]:
    assert call.cotangent is not None
    return stored(read(softmax(call), call.dtype) * read(call.cotangent, call.dtype), call.dtype)


def _times(factor: float) -> Kernel:
    return lambda call: stored(factor * read(vjp(call), call.dtype), call.dtype)


def _one_element_off(call: Call) -> NDArray[Any]:
    value = read(vjp(call), call.dtype)
    value[0, 1] *= 1 + 600 * format_named(call.dtype.value).unit_roundoff
    return stored(value, call.dtype)


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("wrong", [_without_dot, _one_element_off, _times(-1), _times(2)])
def test_a_wrong_gradient_is_beyond_its_bound(wrong: Kernel, dtype: DType) -> None:
    assert judged({Quantity.VJP: wrong}, dtype=dtype).outcome is Outcome.BEYOND_BOUND


def _nan_at(call: Call) -> NDArray[Any]:
    value = vjp(call)
    value[1, 2] = np.nan
    return value


def _infinite_at(call: Call) -> NDArray[Any]:
    value = vjp(call)
    value[1, 2] = np.inf
    return value


def _all_nan(call: Call) -> NDArray[Any]:
    return np.full_like(vjp(call), np.nan)


@pytest.mark.parametrize("wrong", [_nan_at, _infinite_at, _all_nan])
def test_nan_and_infinity_never_pass(wrong: Kernel) -> None:
    assert judged({Quantity.VJP: wrong}).outcome is Outcome.NONFINITE_PATTERN


def test_an_infinity_of_the_other_sign_is_its_own_outcome() -> None:
    asked = plan(problem([-np.inf, 0.0, 1.0], [1.0, 0.0, 0.0], op=Op.LOG_SOFTMAX, check=(Quantity.FORWARD,)))

    def wrong(call: Call) -> NDArray[Any]:
        value = np.log(softmax(call))
        return np.where(np.isinf(value), -value, value)

    compared = compare(asked, {"kernel": recording(asked, RIGHT | {Quantity.FORWARD: wrong})})
    assert compared.verdicts[0].outcome is Outcome.SIGN_OF_INFINITY


@pytest.mark.parametrize(
    ("wrong", "outcome"),
    [
        (lambda call: vjp(call)[0], Outcome.SHAPE),
        (lambda call: vjp(call).astype(np.float64), Outcome.DTYPE),
        (lambda call: vjp(call).astype(np.float16), Outcome.DTYPE),
    ],
)
def test_shape_and_dtype_are_decided_before_any_number(wrong: Kernel, outcome: Outcome) -> None:
    assert judged({Quantity.VJP: wrong}).outcome is outcome


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (Crashed(how="SIGSEGV"), Outcome.CRASHED),
        (TimedOut(limit=3.0), Outcome.TIMED_OUT),
        (OutOfMemory(limit=2**30), Outcome.OUT_OF_MEMORY),
        (Unsupported(reason="no forward mode"), Outcome.UNSUPPORTED),
    ],
)
def test_an_evaluation_without_a_number_is_accounted_for(result: Any, outcome: Outcome) -> None:
    asked = plan(problem(X, V))
    right = recording(asked, RIGHT)
    name = asked.problems[0].id
    spoilt = right.entries | {(name, Quantity.VJP): Entry(problem=name, quantity=Quantity.VJP, result=result)}
    compared = compare(asked, {"kernel": Recording(header=right.header, complete=True, entries=spoilt)})
    assert [verdict.outcome for verdict in compared.verdicts][1] is outcome
    assert compared.verdicts[0].outcome.agreed


@pytest.mark.parametrize(
    ("result", "adapter", "words"),
    [
        (Crashed(how="SIGSEGV"), "torch", "SIGSEGV; try again with: harness record torch --fresh"),
        (Crashed(how="SIGSEGV"), "kernel", "SIGSEGV; the same command with --fresh tries again"),
        (TimedOut(limit=3.0), "kernel", "3 s; the same command with --fresh and a larger --timeout tries again"),
        (OutOfMemory(limit=2**30), "kernel", "the same command with --fresh and a larger --memory tries again"),
        (TimedOut(limit=3.0), "jax", "3 s; try again with: harness record jax --fresh --timeout SECONDS"),
        (OutOfMemory(limit=2**30), "mxnet", "1 GiB; try again with: harness record mxnet --fresh --memory GIB"),
    ],
)
def test_what_ended_a_process_is_followed_by_how_to_try_again(result: Any, adapter: str, words: str) -> None:
    asked = plan(problem(X, V))
    right = recording(asked, RIGHT)
    name = asked.problems[0].id
    spoilt = right.entries | {(name, Quantity.VJP): Entry(problem=name, quantity=Quantity.VJP, result=result)}
    compared = compare(asked, {adapter: Recording(header=header(adapter), complete=True, entries=spoilt)})
    (found,) = compared.unexpected
    assert found.sentence.endswith(words)


def test_a_result_that_a_complete_recording_lacks_is_missing() -> None:
    asked = plan(problem(X, V))
    compared = compare(asked, {"kernel": Recording(header=header("kernel"), complete=True, entries={})})
    assert {verdict.outcome for verdict in compared.verdicts} == {Outcome.MISSING}
    assert {finding.kind for finding in compared.unexpected} == {FindingKind.MISSING}


def test_an_input_that_the_call_changed_is_an_outcome_of_its_own() -> None:
    asked = plan(problem(X, V))
    right = recording(asked, RIGHT)
    name = asked.problems[0].id
    entry = right.entries[name, Quantity.VJP]
    changed = Entry(problem=name, quantity=Quantity.VJP, result=entry.result, inputs_changed=("x",))
    spoilt = right.entries | {(name, Quantity.VJP): changed}
    compared = compare(asked, {"kernel": Recording(header=right.header, complete=True, entries=spoilt)})
    assert compared.verdicts[1].outcome is Outcome.INPUT_CHANGED


def test_an_incomplete_recording_is_never_compared() -> None:
    asked = plan(problem(X, V))
    compared = compare(asked, {"kernel": recording(asked, RIGHT, complete=False)})
    assert {verdict.outcome for verdict in compared.verdicts} == {Outcome.NOT_RUN}
    assert "incomplete" in str(compared.adapters[0].why_not)


def test_a_required_adapter_without_a_recording_did_not_run() -> None:
    asked = plan(problem(X, V))
    compared = compare(asked, {"kernel": recording(asked, RIGHT)}, required=("kernel", "absent"))
    assert [run.name for run in compared.not_run] == ["absent"]


def test_a_refused_recording_costs_no_other_result() -> None:
    asked = plan(problem(X, V))
    compared = compare(asked, {"broken": NotRun(reason="cut short"), "kernel": recording(asked, RIGHT)})
    by_adapter = {verdict.adapter: verdict.outcome.agreed for verdict in compared.verdicts}
    assert by_adapter == {"broken": False, "kernel": True}


def test_a_wrong_number_does_not_hide_behind_an_undefined_row() -> None:
    x = [[-np.inf, -np.inf, -np.inf], X[0]]
    asked = plan(problem(x, V))

    def wrong(call: Call) -> NDArray[Any]:
        value = np.nan_to_num(vjp(call))  # zeros where the convention says NaN: a policy
        value[1] *= 2  # and a fault beside it
        return value

    compared = compare(asked, {"kernel": recording(asked, RIGHT | {Quantity.VJP: wrong})})
    assert compared.verdicts[1].outcome is Outcome.BEYOND_BOUND


def test_zeros_for_an_undefined_row_are_a_policy_not_a_fault() -> None:
    asked = plan(problem([[-np.inf, -np.inf, -np.inf], X[0]], V))

    def masked(call: Call) -> NDArray[Any]:
        return np.nan_to_num(softmax(call))

    compared = compare(asked, {"kernel": recording(asked, RIGHT | {Quantity.FORWARD: masked})})
    assert FindingKind.UNDEFINED_ROW in {finding.kind for finding in compared.findings}
    assert FindingKind.NONFINITE not in {finding.kind for finding in compared.findings}


def test_a_wrong_element_of_a_jacobian_outside_its_row_is_caught() -> None:
    asked = plan(problem(X, V, check=(Quantity.FORWARD, Quantity.JACOBIAN)))

    def block_diagonal(call: Call, *, spoil: float) -> NDArray[Any]:
        s = softmax(call)
        whole = np.zeros(s.shape * 2, s.dtype)
        for row in range(s.shape[0]):
            whole[row, :, row, :] = np.diag(s[row]) - np.outer(s[row], s[row])
        whole[0, 0, 1, 0] = spoil
        return whole

    for spoil, agreed in ((0.0, True), (1e-30, False)):
        kernels = RIGHT | {Quantity.JACOBIAN: lambda call, spoil=spoil: block_diagonal(call, spoil=spoil)}
        compared = compare(asked, {"kernel": recording(asked, kernels)})
        assert compared.verdicts[1].outcome.agreed is agreed


def test_the_same_recordings_give_the_same_comparison() -> None:
    asked = plan(problem(X, V), problem(X, None, case="summed"))
    first, second = (compare(asked, {"kernel": recording(asked, RIGHT)}) for _ in range(2))
    assert first == second


def test_every_planned_evaluation_has_a_verdict() -> None:
    asked = plan(problem(X, V), problem(X, V, case="b", check=tuple(Quantity)[:3]))
    compared = compare(asked, {"kernel": recording(asked, RIGHT)}, required=("absent",))
    assert len(compared.verdicts) == 2 * sum(len(each.check) for each in asked.problems)


def test_the_returned_array_is_measured_as_it_is() -> None:
    asked = plan(problem([0.1, 2.0], [1.0, 0.0]))
    off = recording(asked, RIGHT | {Quantity.FORWARD: lambda call: softmax(call) + np.float32(0.5)})
    verdict = compare(asked, {"kernel": off}).verdicts[0]
    entry = off.entries[asked.problems[0].id, Quantity.FORWARD]
    assert isinstance(entry.result, Returned)
    assert verdict.at is not None
    assert verdict.got == float(entry.result.value[verdict.at])
    assert verdict.error == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize(
    ("forms", "outcome"), [((), Outcome.BEYOND_BOUND), ((Form.LOG_SUM_EXP,), Outcome.WITHIN_BOUND)]
)
def test_a_form_that_is_declared_is_judged_as_such(forms: tuple[Form, ...], outcome: Outcome) -> None:
    """At logits of 1000 a kernel that rounds the log-sum-exp loses the last digits; one that shifts first does not."""
    asked = plan(problem([1000.1, 1000.7], [1.0, 0.0], op=Op.LOG_SOFTMAX, check=(Quantity.FORWARD,)))
    declared = Precision(working=DType.FLOAT32, accumulation=DType.FLOAT32, forms=forms)

    def rounds_log_sum_exp(call: Call) -> NDArray[Any]:
        top = call.x.max()
        return call.x - (top + np.log(np.exp(call.x - top).sum()))

    recorded = recording(asked, RIGHT | {Quantity.FORWARD: rounds_log_sum_exp}, precision=declared)
    assert compare(asked, {"kernel": recorded}).verdicts[0].outcome is outcome
