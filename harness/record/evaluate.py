"""One evaluation: ask an adapter for one quantity of one problem, and file whatever comes back or is raised."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from harness.adapters.contract import Adapter, AdapterError, Precision
from harness.adapters.frames import own_lines
from harness.adapters.registry import BUILT_IN, source_file
from harness.adapters.saved import output_of, saved_of, takes_saved
from harness.arraypack import name_of
from harness.call import ARRAYS, Call
from harness.parts import parts, separable
from harness.plan.plan import Plan
from harness.plan.problem import Problem
from harness.record.handing import handed
from harness.record.recording import Entry, OutOfMemory, Raised, Result, Returned, Unsupported
from harness.vocabulary import DType, Form, Mode, Quantity

TEXT_LIMIT = 2000  # characters of an exception's text that are kept
_REFUSALS = ("RESOURCE_EXHAUSTED", "can't allocate memory", "Failed to allocate", "out of memory", "std::bad_alloc")


def schedule(plan: Plan) -> list[tuple[Problem, Quantity]]:
    """Return all evaluations of ``plan`` in the order in which they are done: that of the plan, eager ones last.

    Eager calls of JAX clear the caches in which the compiled functions of all other problems are kept.
    """
    every = [(problem, quantity) for problem in plan.problems for quantity in problem.check]
    return sorted(every, key=lambda evaluation: is_late(evaluation[0].call.mode))


def is_late(mode: Mode) -> bool:
    """Tell whether what is asked for in ``mode`` is done behind all that is not; otherwise a plan's order stays."""
    return mode is Mode.EAGER


def evaluate(
    adapter: Adapter,
    problem: Problem,
    quantity: Quantity,
    *,
    memory: int,
    rows_per_call: int | None = None,
    question: str = "",
) -> Entry:
    """Return what became of one evaluation; whatever the adapter raises is a result like any other.

    To compute, the adapter gets private copies of the inputs, whose bits are compared afterwards; asked what it has, it
    sees the problem's own. ``memory`` is the limit in bytes that is filed where the framework is refused memory. With
    ``rows_per_call`` it is called for so many rows at a time, where they do not influence each other; the entry says
    so, since that is another call. It carries ``question``, the digest of what the call asks.
    """
    mode = adapter.modes[0] if problem.call.mode is Mode.DEFAULT else problem.call.mode
    asked = _in_mode(problem.call, mode)
    entry = partial(Entry, problem=problem.id, quantity=quantity, mode=mode, question=question)
    cut = is_cut(asked, quantity, rows_per_call)
    changed: set[str] = set()
    try:
        first = next(parts(asked, rows=rows_per_call or 1)).call if cut else asked
        reason = _undeclared(adapter, first) or adapter.unsupported(first, quantity)
        reason = reason or _lacks_mode(adapter, mode) or _lacks_method(adapter, quantity)
        if reason:
            return entry(result=Unsupported(str(reason)))
        precision = _precision(adapter, first, quantity)
        method = adapter.method(quantity)
        entry = partial(
            entry,
            precision=precision,
            method=None if method is None else str(method),
            rows_per_call=rows_per_call if cut else None,
        )
        if cut:
            result: Result = _gathered(adapter, asked, quantity, rows=rows_per_call or 1, changed=changed)
        else:
            with handed(asked, changed, copied_there=adapter.copies_inputs) as call:
                result = _returned(_computed(adapter, call, quantity), due=call.dtype_of(quantity))
    except BaseException as error:  # a framework may raise anything, SystemExit included
        result = _raised(error, memory=memory, where=_where(error, adapter, asked, quantity))
    return entry(result=result, inputs_changed=tuple(name for name in ARRAYS if name in changed))


@lru_cache(maxsize=1)  # the quantities of a problem are asked one after the other
def _in_mode(call: Call, mode: Mode) -> Call:
    return call if call.mode is mode else replace(call, mode=mode)


def is_cut(call: Call, quantity: Quantity, rows_per_call: int | None) -> bool:
    """Say whether ``call`` is made of several calls of so many rows: where that is asked for, and its rows allow it."""
    if rows_per_call is None or rows_per_call >= math.prod(call.batch_shape):
        return False
    return quantity is not Quantity.JACOBIAN and separable(call)


def _gathered(adapter: Adapter, call: Call, quantity: Quantity, *, rows: int, changed: set[str]) -> Returned:
    """Return a result that is put together of calls of at most ``rows`` rows."""
    whole: Returned | None = None
    for part in parts(call, rows=rows):
        with handed(part.call, changed, copied_there=adapter.copies_inputs) as own:
            due = part.call.shape_of(quantity)
            found = _returned(_computed(adapter, own, quantity), due=call.dtype_of(quantity))
        if found.value.shape != due:
            raise AdapterError(f"returned shape {found.value.shape} of a call of {part.rows} rows, expected {due}")
        whole = whole or Returned(np.empty(call.shape_of(quantity), found.value.dtype), found.dtype)
        if found.dtype != whole.dtype:
            raise AdapterError(f"returned {found.dtype} of some rows, and {whole.dtype} of others")
        part.of(whole.value, quantity)[...] = found.value
    assert whole is not None  # noqa: S101 - there are more rows than one call takes
    return whole


def _computed(adapter: Adapter, call: Call, quantity: Quantity) -> object:
    """Return what the adapter returns of ``quantity``, handed what its forward has saved where it asks for that."""
    method = getattr(adapter, quantity.value)
    if quantity is Quantity.FORWARD:
        return output_of(method(call))
    return method(call, saved=saved_of(adapter.forward(call))) if takes_saved(method) else method(call)


def _where(error: BaseException, adapter: Adapter, call: Call, quantity: Quantity) -> str:
    """Say where in the lines of an adapter from outside to look; a framework's own error needs no line of ours."""
    if adapter.name in BUILT_IN:
        return ""
    try:
        return own_lines(error, file=source_file(type(adapter)), code=adapter.code(call, quantity))
    except Exception:  # an adapter may be made in ways that leave it no file; where is a convenience
        return ""


def _precision(adapter: Adapter, call: Call, quantity: Quantity) -> Precision:
    precision = adapter.precision(call, quantity)
    if not isinstance(precision, Precision):
        raise AdapterError(f"precision() returned {_kind(precision)}, expected a Precision")
    if not isinstance(precision.working, DType) or not isinstance(precision.accumulation, DType):
        raise AdapterError(f"precision() returned {precision}, expected members of DType in it")
    if not (precision.working.floating and precision.accumulation.floating):
        raise AdapterError(f"precision() returned {precision}, expected dtypes of floating point numbers")
    if not isinstance(precision.forms, tuple) or not all(isinstance(form, Form) for form in precision.forms):
        raise AdapterError(f"precision() returned {precision}, expected a tuple of members of Form as its forms")
    return precision


def _undeclared(adapter: Adapter, call: Call) -> str | None:
    if call.op not in adapter.ops:
        return f"the adapter has no {call.op.value}"
    for dtype in (call.dtype, call.result_dtype):
        if dtype is not None and dtype not in adapter.dtypes:
            return f"the adapter has no {dtype.value}"
    return None


def _lacks_mode(adapter: Adapter, mode: Mode) -> str | None:
    if mode in adapter.modes:
        return None
    return f"this adapter has no {mode.value} mode, only {', '.join(known.value for known in adapter.modes)}"


def _lacks_method(adapter: Adapter, quantity: Quantity) -> str | None:
    if getattr(type(adapter), quantity.value) is getattr(Adapter, quantity.value):
        return f"the adapter has no {quantity.value}"
    return None


def _returned(value: object, *, due: DType | None) -> Returned:
    if isinstance(value, np.generic):  # NumPy makes a scalar of most results without axes
        value = np.asarray(value)
    if type(value) is not np.ndarray:
        raise AdapterError(f"returned {_kind(value)}, expected a numpy array")
    if value.dtype.kind in "fiubc":
        value = np.asarray(value, order="C")  # here, where a view too large to be copied costs this result alone
        name = name_of(value.dtype if value.dtype.isnative else value.dtype.newbyteorder("="))
        if due is not None and due.carrier == name:
            name = due.value  # bits of bfloat16 come back as they went in
        return Returned(value, name)
    carrier = {1: np.uint8, 2: np.uint16, 4: np.uint32}.get(value.dtype.itemsize)
    if value.dtype.kind == "V" and value.dtype.type is not np.void and carrier is not None:
        # bfloat16 and its kin, which NumPy itself cannot name: their bits travel under their own name
        return Returned(np.ascontiguousarray(value).view(carrier).reshape(value.shape), value.dtype.name)
    raise AdapterError(f"returned an array of dtype {value.dtype}, expected plain numbers")


def _raised(error: BaseException, *, memory: int, where: str) -> Result:
    try:
        text = str(error)
    except Exception:  # an exception whose text cannot be had is still an exception
        text = "(this exception has no readable text)"
    if isinstance(error, MemoryError) or any(words in text for words in _REFUSALS):
        return OutOfMemory(memory)
    return Raised(type(error).__name__, text[:TEXT_LIMIT], where)


def _kind(value: object) -> str:
    name = type(value).__name__
    return "nothing (None)" if value is None else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
