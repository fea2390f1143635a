"""A case to its problems: every combination of its parameter lists, with arrays rounded once to the problem's dtype."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from harness.call import Call, output_shape
from harness.plan.arrays import Arrays
from harness.plan.case import Case
from harness.plan.faults import Fault
from harness.plan.forms import GivenArray, given_array
from harness.plan.given import Layout
from harness.plan.grammar import are_alternatives
from harness.plan.limits import MEMORY, excess
from harness.plan.operands import Operand, operands_of
from harness.plan.problem import Problem, temperature_text
from harness.plan.source import Source, Where
from harness.plan.uses import checked, misuses, needs_cotangent, needs_tangent
from harness.plan.vectors import Space, Vector, cotangents_of, tangent_of
from harness.vocabulary import Op, Reduction

_Output = tuple[Op, int, Reduction | None]  # what decides the shape of an output, beside that of x


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Setting:
    """A case with everything about it that does not depend on the combination."""

    case: Case
    source: Source
    where: Where
    x: GivenArray
    axes: tuple[int, ...]
    operands: tuple[Operand, ...]
    spaces: dict[_Output, Space]
    cotangents: dict[_Output, tuple[Vector, ...]]  # none where none is needed
    tangent: Vector | None


def expand(
    case: Case, source: Source, where: Where, faults: list[Fault], *, memory: int = MEMORY
) -> tuple[Problem, ...]:
    """Return the problems of ``case``, which stands at ``where`` in ``source``.

    What is wrong with the case goes to ``faults``, and no problems come back then. Shapes are checked, and the memory
    (in bytes) that the arrays will need is estimated, before any array is made.
    """
    found: list[Fault] = list(misuses(case, source, where))
    setting = _setting(case, source, where, found)
    if setting is not None and not found:
        found += _excess(setting, memory)
    problems = tuple(_problems(setting, found)) if setting is not None and not found else ()
    faults += found
    return () if found else problems


def _setting(case: Case, source: Source, where: Where, faults: list[Fault]) -> _Setting | None:
    x = given_array(case.x, source, (*where, "x"), faults)
    cotangents = cotangents_of(case, source, where, faults) if needs_cotangent(case) else []
    tangent = tangent_of(case, source, where, faults) if needs_tangent(case) else None
    operands = operands_of(case, source, where, faults)
    if x is None:
        return None
    axes = _fitting_axes(case, x.shape, source, where, faults)
    for axis in axes:
        for operand in operands:
            faults += operand.misfits(Layout(x.shape, axis))
        if tangent is not None:
            tangent.within(_domain(x, axis), faults)
    spaces = {
        (op, axis, reduction): Space(
            owner=f"the output of {op}" if op.reduces else "x",
            shape=output_shape(op, x.shape, axis=axis, reduction=reduction),
            axis=None if op.reduces else axis,
        )
        for op, axis in product(case.op, axes)
        for reduction in _reductions(case, op)
    }
    by_output: dict[_Output, tuple[Vector, ...]] = {}
    for output, space in spaces.items() if needs_cotangent(case) else ():
        by_output[output] = tuple(one for vector in cotangents for one in vector.within(space, faults))
        _distinct_names(by_output[output], faults)
    return _Setting(
        case=case,
        source=source,
        where=where,
        x=x,
        axes=axes,
        operands=operands,
        spaces=spaces,
        cotangents=by_output,
        tangent=tangent,
    )


def _domain(x: GivenArray, axis: int) -> Space:
    return Space(owner="x", shape=x.shape, axis=axis)


def _reductions(case: Case, op: Op) -> list[Reduction] | list[None]:
    return case.reduction if op is Op.CROSS_ENTROPY else [None]


def _fitting_axes(
    case: Case, shape: tuple[int, ...], source: Source, where: Where, faults: list[Fault]
) -> tuple[int, ...]:
    rank = max(len(shape), 1)  # a number without axes counts as a row of length one
    where = (*where, "axis")
    for index, axis in enumerate(case.axis):
        if not -rank <= axis < rank:
            place = (*where, index) if isinstance(source.at(where), list) else where
            what = f"axis is {axis}, and x has {len(shape)} axes (shape {list(shape)})"
            faults.append(source.fault(place, what, f"give a whole number from {-rank} to {rank - 1}"))
    return tuple(axis for axis in case.axis if -rank <= axis < rank)


def _distinct_names(vectors: tuple[Vector, ...], faults: list[Fault]) -> None:
    names: set[str] = set()
    for vector in vectors:
        if vector.name in names:
            what = f"cotangent {vector.name!r} stands there twice"
            faults.append(vector.source.fault(vector.where, what, "keep one"))
        names.add(vector.name)


def _excess(setting: _Setting, memory: int) -> Iterator[Fault]:
    x, spaces = setting.x, setting.spaces
    layouts = [Layout(x.shape, axis) for axis in setting.axes]
    arrays = [x.shape]
    arrays += [operand.shape(layout) for operand in setting.operands for layout in layouts]
    vectors = {one.key(spaces[output]) for output, vectors in setting.cotangents.items() for one in vectors}
    arrays += [shape for _, shape, _ in vectors]
    if setting.tangent is not None:
        arrays += [shape for _, shape, _ in {setting.tangent.key(_domain(x, axis)) for axis in setting.axes}]
    return excess(
        setting.case,
        setting.source,
        setting.where,
        shape=x.shape,
        outputs=[space.shape for space in spaces.values()],
        arrays=arrays,
        memory=memory,
    )


def _problems(setting: _Setting, faults: list[Fault]) -> Iterator[Problem]:
    case, spaces = setting.case, setting.spaces
    arrays = Arrays(setting.x, setting.operands, faults)
    temperatures = [float(one) for one in case.temperature] if case.temperature is not None else [None]
    for op, axis, dtype, mode, temperature in product(case.op, setting.axes, case.dtype, case.mode, temperatures):
        layout = Layout(setting.x.shape, axis)
        for reduction, normalization in product(_reductions(case, op), case.normalization):
            output = (op, axis, reduction)
            for vector in setting.cotangents.get(output, (None,)):
                call = Call(
                    op=op,
                    axis=axis,
                    dtype=dtype,
                    mode=mode,
                    x=arrays.x(dtype),
                    cotangent=arrays.cotangent(vector, spaces[output], case.result_dtype or dtype),
                    tangent=arrays.tangent(setting.tangent, _domain(setting.x, axis), dtype),
                    **arrays.operands(layout, dtype),
                    temperature=temperature,
                    reduction=reduction,
                    ignore_index=case.ignore_index,
                    label_smoothing=float(case.label_smoothing),
                    grad_scale=float(case.grad_scale),
                    normalization=normalization,
                    result_dtype=case.result_dtype,
                )
                name = vector.name if vector is not None else "none"
                yield Problem(
                    id=_name(setting, call, name), case=case.id, call=call, cotangent_name=name, check=checked(case)
                )


def _name(setting: _Setting, call: Call, cotangent: str) -> str:
    """Return the id of a problem: its case's, with what the case gives as lists."""
    parts = {
        "op": call.op,
        "axis": f"axis={call.axis}",
        "dtype": call.dtype,
        "mode": call.mode,
        "temperature": temperature_text(call.temperature),
        "reduction": call.reduction,
        "normalization": call.normalization,
        "cotangent": cotangent,
    }
    named = [str(text) for key, text in parts.items() if _is_listed(setting, key)]
    return f"{setting.case.id}[{','.join(named)}]" if named else setting.case.id


def _is_listed(setting: _Setting, key: str) -> bool:
    """Say whether a case gives ``key`` as a list, be it of one item: a second item does not rename the first."""
    value = setting.source.at((*setting.where, key))
    if key == "cotangent":
        return needs_cotangent(setting.case) and (are_alternatives(value) or value == "each")
    return isinstance(value, list) or (key == "dtype" and value is None)
