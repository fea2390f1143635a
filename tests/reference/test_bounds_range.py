"""No correct kernel is flagged at the edge of its formats; and what is ordinary is not called an edge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.adapters.reference import ReferenceAdapter
from harness.call import Call
from harness.compare.measure import measure
from harness.vocabulary import DType, Mode, Normalization, Op, Outcome, Quantity, Reduction
from reference.consistency import row_consistency
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FloatFormat, format_named
from reference.invariants import check
from reference.question import OPS, QUANTITIES, Question
from reference.truth import truth
from tests.reference import draws, edges
from tests.reference.draws import Draw
from tests.reference.kernels import Kernel
from tests.reference.machine import Machine
from tests.reference.trials import ARITHMETICS, ORDERS, STYLES

Array = NDArray[Any]
FLAGGED = (Outcome.NONFINITE_PATTERN, Outcome.SIGN_OF_INFINITY, Outcome.BEYOND_BOUND)
NEEDS = {"vjp": ("cotangent",), "jvp": ("tangent",), "hvp": ("cotangent", "tangent")}
PLAIN = ReferenceAdapter()
FORMATS = (FLOAT16, BFLOAT16, FLOAT32, FLOAT64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a kernel made of a drawn question, and all that it is judged by."""

    question: Question
    quantity: str
    vectors: dict[str, Array]
    precision: dict[str, Any]
    got: Array
    own: Array | None

    def faults(self) -> Iterator[str]:
        """Yield what the comparison of a recording would say against it."""
        result = self.question.result if self.quantity in ("forward", "jvp") else self.question.format
        oracle = truth(self.question, self.quantity, **self.vectors, **self.precision)
        head: dict[str, Any] = self.vectors | {"own_forward": self.own}
        tested = self.quantity in ("forward", "vjp", "jvp")
        rows = row_consistency(self.question, self.quantity, self.got, **head, **self.precision) if tested else None
        found = measure(self.got, oracle=oracle, dtype=result, rows=rows)
        if found.outcome in FLAGGED and not oracle.undefined.any():
            yield f"{found.outcome}: {found.detail} {found.numbers}"
        for violation in check(self.question, self.quantity, self.got, **self.vectors, **self.precision):
            if np.isfinite(violation.measured):
                yield violation.sentence


def answers(rng: np.random.Generator, arithmetic: str, style: str, op: str, quantity: str) -> tuple[Draw, Answer]:
    """Return a drawn question and what a kernel of this arithmetic and style made of it."""
    formats = ARITHMETICS[arithmetic]
    n = int(rng.choice([1, 2, 5, 30]) if quantity != "jacobian" else rng.integers(1, 5))
    drawn = edges.draw(rng, op, format_name=formats.entering.name, result=formats.storage.name, count=2, n=n)
    flushes = FLOAT16 not in (formats.working, formats.storage, formats.entering) and rng.random() < 0.3
    machine = Machine(
        working=formats.working,
        accumulation=formats.adding(STYLES[style]),
        storage=formats.storage,
        entering=formats.entering,
        order=ORDERS[int(rng.integers(len(ORDERS)))],
        flush=bool(flushes),
    )
    kernel = Kernel(name=style, machine=machine, style=STYLES[style])
    vectors = {name: getattr(drawn, name) for name in NEEDS.get(quantity, ())}
    return drawn, Answer(
        question=drawn.question,
        quantity=quantity,
        vectors=vectors,
        precision=formats.declared(STYLES[style]),
        got=kernel(drawn.question, quantity, **vectors),
        own=kernel(drawn.question, "forward") if quantity in ("vjp", "jvp") else None,
    )


def plainly(drawn: Draw, quantity: str) -> Answer:
    """Return what the implementations of ``reference.plain`` make of it."""
    question = drawn.question
    of, out = format_named(question.format), format_named(question.result)
    probabilities = question.targets is not None and not question.has_indices
    call = Call(
        op=Op(question.op),
        axis=question.axis,
        dtype=DType(question.format),
        mode=Mode.EAGER,
        x=of.encode(question.x),
        cotangent=out.encode(drawn.cotangent),
        tangent=of.encode(drawn.tangent),
        temperature=None if question.temperature == 1.0 else question.temperature,
        mask=question.mask,
        targets=of.encode(question.targets) if probabilities else _indices(question),
        reduction=Reduction(question.reduction) if question.op == "cross_entropy" else None,
        ignore_index=question.ignore_index,
        label_smoothing=question.label_smoothing,
        grad_scale=question.grad_scale,
        normalization=Normalization(question.normalization),
    )
    precision = PLAIN.precision(call, Quantity(quantity))

    def answer(asked_for: str) -> Array:
        with np.errstate(all="ignore"):
            got = getattr(PLAIN, asked_for)(call)
        return np.asarray((out if asked_for in ("forward", "jvp") else of).decode(got))

    return Answer(
        question=question,
        quantity=quantity,
        vectors={name: getattr(drawn, name) for name in NEEDS.get(quantity, ())},
        precision={"working": precision.working.value, "accumulation": precision.accumulation.value, "forms": ()},
        got=answer(quantity),
        own=answer("forward") if quantity in ("vjp", "jvp") else None,
    )


def _indices(question: Question) -> Array | None:
    return None if question.targets is None else question.targets.astype(np.int32)


def asked(seed: int) -> Iterator[tuple[np.random.Generator, str, str]]:
    """Yield every op with every quantity that it has."""
    rng = np.random.default_rng(seed)
    for op in OPS:
        for quantity in QUANTITIES if op != "softmax_output" else ("forward", "vjp"):
            yield rng, op, quantity


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_no_correct_kernel_is_flagged_at_the_edge_of_its_formats(arithmetic: str, style: str) -> None:
    flagged = {}
    for rng, op, quantity in asked(1000 * list(ARITHMETICS).index(arithmetic) + list(STYLES).index(style)):
        drawn, answer = answers(rng, arithmetic, style, op, quantity)
        if faults := list(answer.faults()):
            flagged[op, quantity, drawn.name] = faults
    assert flagged == {}


@pytest.mark.parametrize("of", FORMATS, ids=lambda of: of.name)
@pytest.mark.parametrize("seed", range(4))
def test_no_plain_implementation_is_flagged_at_the_edge_of_its_formats(seed: int, of: FloatFormat) -> None:
    flagged = {}
    for rng, op, quantity in asked(seed):
        n = int(rng.choice([1, 3, 20]) if quantity != "jacobian" else rng.integers(1, 5))
        drawn = edges.draw(rng, op, format_name=of.name, count=2, n=n)
        if faults := list(plainly(drawn, quantity).faults()):
            flagged[op, quantity, drawn.name] = faults
    assert flagged == {}


@pytest.mark.parametrize("of", FORMATS, ids=lambda of: of.name)
@pytest.mark.parametrize("style", STYLES)
def test_what_is_ordinary_is_not_called_an_edge(style: str, of: FloatFormat) -> None:
    """Logits of any usual scale, vectors of unit size and moderate temperatures are judged by their bounds."""
    precision = {"working": of.name, "accumulation": of.name, "forms": STYLES[style].forms}
    for rng, op, quantity in asked(7):
        kind = str(rng.choice(["scale 1e-3", "scale 1", "scale 8", "equal", "peaked", "two levels", "gone"]))
        heads = (str(rng.choice(["normal", "ones", "one-hot", "0 or 2"])), "normal")
        drawn = draws.draw(rng, op, format_name=of.name, count=2, n=10, logits=kind, vectors=heads)
        vectors = {name: getattr(drawn, name) for name in NEEDS.get(quantity, ())}
        assert not truth(drawn.question, quantity, **vectors, **precision).out_of_range.any(), drawn.name


HALF = {"working": "float16", "accumulation": "float16"}
SINGLE = {"working": "float32", "accumulation": "float32"}


def test_a_sum_of_losses_that_stopped_growing_is_beyond_its_bound() -> None:
    """A float16 sum of 4,096 losses of log 2 stops at 2,048."""
    question = Question(
        op="cross_entropy",
        axis=1,
        x=np.zeros((4096, 2)),
        format="float16",
        result="float16",
        targets=np.zeros(4096, dtype=np.int32),
        reduction="sum",
    )
    judged = truth(question, "forward", **HALF)
    assert not (judged.vacuous | judged.out_of_range).any()
    assert judged.share(np.array(2840.0), of="float16") <= 1 < judged.share(np.array(2048.0), of="float16")


@pytest.mark.parametrize("quantity", ["forward", "vjp"])
def test_a_format_without_a_number_for_the_count_of_classes_is_no_excuse(quantity: str) -> None:
    n = 65_536
    question = Question(op="log_softmax", axis=1, x=np.zeros((1, n)), format="float16", result="float16")
    head = {"cotangent": np.ones((1, n))} if quantity == "vjp" else {}
    assert not truth(question, quantity, **head, **HALF).out_of_range.any()


def test_a_recomputed_probability_has_no_bound_where_its_lse_rounds_to_the_logit() -> None:
    """exp(x - lse) is 1 for both of two equal logits of the largest size: no bound and no law of that form says no."""
    question = Question(op="logsumexp", axis=1, x=np.full((1, 2), FLOAT32.largest), format="float32", result="float32")
    assert truth(question, "vjp", cotangent=np.ones(1), **SINGLE, forms=("recomputed",)).vacuous.all()
    assert not truth(question, "vjp", cotangent=np.ones(1), **SINGLE).vacuous.any()


@pytest.mark.parametrize(("shift", "nothing"), [(1e3, False), (1e20, True)])
def test_x_minus_lse_has_no_bound_where_the_rounding_of_lse_is_all_there_is(shift: float, nothing: bool) -> None:
    x = FLOAT32.nearest(np.array([[shift, shift, -1.0]]))
    question = Question(op="log_softmax", axis=1, x=x, format="float32", result="float32")
    judged = truth(question, "forward", **SINGLE, forms=("x-minus-lse",))
    assert (judged.vacuous & judged.shifted_vacuous).all() == nothing
    assert not truth(question, "forward", **SINGLE).vacuous.any()


def test_a_head_of_softmax_output_has_no_say_be_it_infinite() -> None:
    x, targets = np.array([[1.0, 2.0, 3.0]]), np.array([0])
    question = Question(op="softmax_output", axis=1, x=x, format="float32", result="float32", targets=targets)
    judged, usual = (truth(question, "vjp", cotangent=np.full((1, 3), head), **SINGLE) for head in (np.inf, 1.0))
    assert not judged.undefined.any()
    assert (judged.value.hi == usual.value.hi).all()


@pytest.mark.parametrize(
    ("got", "outcome"),
    [(np.nan, Outcome.OUTSIDE_RANGE), (-np.inf, Outcome.OUTSIDE_RANGE), (1.0, Outcome.BEYOND_BOUND)],
)
def test_beyond_the_range_no_number_is_excused_but_a_wrong_one_is_not(got: float, outcome: Outcome) -> None:
    """V w overflows, so that inf - inf may be NaN, or an infinity of either sign."""
    question = Question(op="log_softmax", axis=1, x=np.zeros((1, 2)), format="float32", result="float32")
    v, w = np.array([[1e30, 1e30]]), np.array([[-1e8, 1e8]])
    oracle = truth(question, "hvp", cotangent=v, tangent=w, **SINGLE)
    assert oracle.out_of_range.all()
    right = FLOAT32.nearest(oracle.value.hi)
    result = np.where([[True, False]], got, right)
    found = measure(result, oracle=oracle, dtype="float32", rows=None)
    assert found.outcome is outcome
    same = measure(right, oracle=oracle, dtype="float32", rows=None)
    assert same.outcome in (Outcome.EXACT, Outcome.WITHIN_BOUND)
