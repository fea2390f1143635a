"""One row of one problem, laid out for a person: output, Jacobian, cotangent, and the product that is the gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.call import Call
from harness.compare.asked import Asked, cotangent_of, decoded, kept, result_format
from harness.compare.parameters import parameters
from harness.compare.printed import summed_rows
from harness.compare.rowcut import RowCut
from harness.compare.stacking import same_numbers
from harness.parts import AT_ONCE, separable
from harness.plan.problem import Problem
from harness.record.recording import Raised, Result, Returned, Unsupported
from harness.vocabulary import Op, Quantity
from reference.formats import FORMATS, Floats, format_named
from reference.truth import truth
from reference.ulp import rounded

LARGEST_ROW = 8  # elements: a Jacobian beyond this is a wall of numbers

Results = Mapping[tuple[str, str, Quantity], Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one adapter gave for the exhibited row: the numbers that came back, or the words it refused with.

    ``summed`` is given with a Jacobian: its rows added up one after the other, in the problem's dtype, as a person
    does who adds the gradients of the single outputs.
    """

    adapter: str
    problem: str
    quantity: Quantity
    values: tuple[float, ...] | None = None  # the row of anything but a Jacobian; one number where the op leaves one
    rows: tuple[tuple[float, ...], ...] | None = None  # the row's block of a Jacobian
    summed: tuple[float, ...] | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """The exact numbers of one row, rounded once to the dtype that holds them, and what every adapter answered.

    ``jacobian[k][i]`` is the derivative of output ``k`` by input ``i``: row ``k`` is the gradient that the one-hot
    cotangent for output ``k`` gives. An op that leaves one number for a row, or one for all of them, has one such row;
    softmax_output, whose gradient is no derivative of its output, has none. ``column_sums`` are those of the exact
    Jacobian: all rows added up, which is what a backward pass from the summed output returns.

    ``kept`` and ``targets`` are the row's mask and the index, or the probabilities, that it is held against. ``output``
    has ``result_dtype``; x and its derivatives have ``dtype``.
    """

    case: str
    problem: str
    op: str
    parameters: str = ""
    dtype: str
    result_dtype: str = ""
    axis: int
    row: tuple[int, ...]  # index of the row over the remaining axes
    x: tuple[float, ...]
    kept: tuple[bool, ...] | None = None
    targets: tuple[float, ...] | None = None
    output: tuple[float, ...]
    jacobian: tuple[tuple[float, ...], ...]
    column_sums: tuple[float, ...]
    cotangent_name: str
    cotangent: tuple[float, ...] | None  # None: no vjp was asked for
    gradient: tuple[float, ...] | None
    tangent: tuple[float, ...] | None = None  # None: neither a jvp nor an hvp was asked for
    jvp: tuple[float, ...] | None = None
    hvp: tuple[float, ...] | None = None
    worst: bool = False  # whether it is the row that the worst finding of wrong numbers speaks of
    answers: tuple[Answer, ...] = field(default=())


def exhibit(
    problems: Sequence[Problem], results: Results, *, row: int = 0, longest: int = LARGEST_ROW
) -> Exhibit | None:
    """Lay out a row of the first problem of a case, or return None where its rows have more than ``longest`` elements.

    A row of more than :data:`LARGEST_ROW` has no Jacobian. ``row`` counts in C order over the axes that are not the
    problem's. ``results`` maps (adapter, problem id, quantity) to what came back; answers are taken from every problem
    of the case that has the same primal as the first.
    """
    problem = problems[0]
    call = problem.call
    if not has_room(call, longest=longest):
        return None
    cut = RowCut(call, row=row)
    exact = _Exact(call, cut)
    asked = set(problem.check)
    cotangent = None
    if Quantity.VJP in asked:
        cotangent = cotangent_of(cut.call, result=exact.result)
    tangent = None if call.tangent is None else decoded(cut.vector(call.tangent), call.dtype.value)
    masked = kept(call)
    return Exhibit(
        case=problem.case,
        problem=problem.id,
        op=call.op.value,
        parameters=parameters(call),
        dtype=call.dtype.value,
        result_dtype=exact.result,
        axis=call.axis,
        row=cut.row,
        x=_floats(decoded(cut.vector(call.x), call.dtype.value)),
        kept=None if masked is None else tuple(bool(value) for value in cut.vector(masked)),
        targets=cut.targets(),
        output=_floats(exact.row(Quantity.FORWARD)),
        jacobian=exact.jacobian() if _length(call) <= LARGEST_ROW else (),
        column_sums=exact.column_sums(),
        cotangent_name=problem.cotangent_name,
        cotangent=None if cotangent is None else _floats(cotangent),
        gradient=None if cotangent is None else _floats(exact.row(Quantity.VJP)),
        tangent=None if tangent is None or not asked & {Quantity.JVP, Quantity.HVP} else _floats(tangent),
        jvp=_floats(exact.row(Quantity.JVP)) if Quantity.JVP in asked else None,
        hvp=_floats(exact.row(Quantity.HVP)) if Quantity.HVP in asked else None,
        answers=_answers(problems, results, cut),
    )


def has_room(call: Call, *, longest: int = LARGEST_ROW) -> bool:
    """Say whether there is a row of at most ``longest`` elements whose exact values are at hand.

    Those of a row that all others have a say in are those of all.
    """
    return call.x.size > 0 and _length(call) <= longest and (call.x.size <= AT_ONCE or separable(call))


def _length(call: Call) -> int:
    return call.x.shape[call.axis] if call.x.ndim else 1


class _Exact:
    """The exact values of a row, rounded once.

    They are those of the row alone, but where all rows have a say in one: a loss of the whole batch, or a gradient that
    is divided by a number of rows.
    """

    def __init__(self, call: Call, cut: RowCut) -> None:
        self.result = result_format(call)
        self._op = call.op
        whole = call.op.has_targets and call.output_shape != call.batch_shape
        self._cut = cut if whole else None
        self._call = call if whole else cut.call
        self._dtype = call.dtype.value if call.dtype.floating else self.result

    def row(self, quantity: Quantity) -> Floats:
        """Return the row of a quantity: one number where the op leaves one."""
        return self._cut_row(quantity, self._value(self._call, quantity))

    def jacobian(self) -> tuple[tuple[float, ...], ...]:
        """Return the row's block of the Jacobian."""
        if self._op is Op.SOFTMAX_OUTPUT:
            return ()
        block = self._value(self._call, Quantity.JACOBIAN)
        if self._cut is not None:
            block = self._cut.block(block)
        return tuple(_floats(row) for row in block.reshape(-1, block.shape[-1]))

    def column_sums(self) -> tuple[float, ...]:
        """Return what all rows of the Jacobian add up to."""
        if self._op is Op.SOFTMAX_OUTPUT:
            return ()
        ones = replace(self._call, cotangent=None)  # one that is not given counts as ones
        return _floats(self._cut_row(Quantity.VJP, self._value(ones, Quantity.VJP)))

    def _cut_row(self, quantity: Quantity, value: Floats) -> Floats:
        if self._cut is None:
            return value
        return self._cut.of(value, quantity)

    def _value(self, call: Call, quantity: Quantity) -> Floats:
        asked = Asked([call], result=self.result)
        of_output = quantity in (Quantity.FORWARD, Quantity.JVP)
        found = truth(
            asked.question,
            quantity.value,
            **asked.vectors(quantity),
            working=self.result,
            accumulation=self.result,
        )
        return rounded(found.value, format_named(self.result if of_output else self._dtype))


def _answers(problems: Sequence[Problem], results: Results, cut: RowCut) -> tuple[Answer, ...]:
    first = problems[0]
    alike = {problem.id for problem in problems if same_numbers(problem.call, first.call)}
    adapters = list(dict.fromkeys(adapter for adapter, _, _ in results))
    found = []
    # of each adapter first what it gave for the problem that is laid out
    for (adapter, name, quantity), result in sorted(
        results.items(), key=lambda one: (adapters.index(one[0][0]), one[0][1] != first.id)
    ):
        # only a vjp is shown for every cotangent: one answer is enough for what does not depend on it
        if name in alike and (quantity is Quantity.VJP or name == first.id):
            found.append(_answer(adapter, name, quantity, result, call=first.call, cut=cut))
    return tuple(answer for answer in found if answer is not None)


def _answer(
    adapter: str, problem: str, quantity: Quantity, result: Result, *, call: Call, cut: RowCut
) -> Answer | None:
    match result:
        case Returned(value=value, dtype=dtype) if value.shape == call.shape_of(quantity) and dtype in FORMATS:
            if quantity is Quantity.JACOBIAN:
                block = decoded(cut.block(value), dtype)
                rows = tuple(_floats(row) for row in block)
                summed = _floats(summed_rows(block, block.shape[-1:], dtype=dtype))
                return Answer(adapter=adapter, problem=problem, quantity=quantity, rows=rows, summed=summed)
            values = _floats(decoded(cut.of(value, quantity), dtype))
            return Answer(adapter=adapter, problem=problem, quantity=quantity, values=values)
        case Raised(type=kind, text=text):
            return Answer(adapter=adapter, problem=problem, quantity=quantity, words=f"{kind}: {text}")
        case Unsupported(reason=reason):
            return Answer(adapter=adapter, problem=problem, quantity=quantity, words=f"unsupported: {reason}")
        case _:
            return None


def _floats(array: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in array.reshape(-1))
