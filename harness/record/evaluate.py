"""One evaluation: ask an adapter for one quantity of one problem, and file whatever comes back or is raised."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

from harness.adapters.contract import Adapter, AdapterError, Precision
from harness.adapters.frames import own_lines
from harness.adapters.registry import BUILT_IN, source_file
from harness.call import ARRAYS, Call
from harness.parts import parts, separable
from harness.plan.plan import Plan
from harness.plan.problem import Problem
from harness.record.computed import computed, kind_of
from harness.record.recording import Entry, OutOfMemory, Raised, Result, Unsupported
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
    sees the problem's own, which nobody can write where the plan was read. ``memory`` is the limit in bytes that is
    filed where the framework is refused memory. With ``rows_per_call`` it is called for so many rows at a time, where
    they do not influence each other; the entry says so, since that is another call. It carries ``question``, the digest
    of what the call asks.
    """
    mode = adapter.modes[0] if problem.call.mode is Mode.DEFAULT else problem.call.mode
    asked = _in_mode(problem.call, mode)
    cut = is_cut(asked, quantity, rows_per_call)
    precision = method = rows = None  # of what is unsupported nothing is said, nor of what was not reached
    changed: set[str] = set()
    try:
        first = next(parts(asked, rows=rows_per_call or 1)).call if cut else asked
        reason = _undeclared(adapter, first) or adapter.unsupported(first, quantity)
        reason = reason or _lacks_mode(adapter, mode) or _lacks_method(adapter, quantity)
        if reason:
            result: Result = Unsupported(str(reason))
        else:
            precision, method = _precision(adapter, first, quantity), _method(adapter, quantity)
            rows = rows_per_call if cut else None
            result = computed(adapter, asked, quantity, rows=rows, changed=changed)
    except BaseException as error:  # a framework may raise anything, SystemExit included
        result = _raised(error, memory=memory, where=_where(error, adapter, asked, quantity))
    return Entry(
        problem=problem.id,
        quantity=quantity,
        result=result,
        mode=mode,
        precision=precision,
        inputs_changed=tuple(name for name in ARRAYS if name in changed),
        method=method,
        question=question,
        rows_per_call=rows,
    )


@lru_cache(maxsize=1)  # the quantities of a problem are asked one after the other
def _in_mode(call: Call, mode: Mode) -> Call:
    return call if call.mode is mode else replace(call, mode=mode)


def is_cut(call: Call, quantity: Quantity, rows_per_call: int | None) -> bool:
    """Say whether ``call`` is made of several calls of so many rows: where that is asked for, and its rows allow it."""
    if rows_per_call is None or rows_per_call >= math.prod(call.batch_shape):
        return False
    return quantity is not Quantity.JACOBIAN and separable(call)


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
        raise AdapterError(f"precision() returned {kind_of(precision)}, expected a Precision")
    if not isinstance(precision.working, DType) or not isinstance(precision.accumulation, DType):
        raise AdapterError(f"precision() returned {precision}, expected members of DType in it")
    if not (precision.working.floating and precision.accumulation.floating):
        raise AdapterError(f"precision() returned {precision}, expected dtypes of floating point numbers")
    if not isinstance(precision.forms, tuple) or not all(isinstance(form, Form) for form in precision.forms):
        raise AdapterError(f"precision() returned {precision}, expected a tuple of members of Form as its forms")
    return precision


def _method(adapter: Adapter, quantity: Quantity) -> str | None:
    method = adapter.method(quantity)
    return None if method is None else str(method)


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


def _raised(error: BaseException, *, memory: int, where: str) -> Result:
    try:
        text = str(error)
    except Exception:  # an exception whose text cannot be had is still an exception
        text = "(this exception has no readable text)"
    if isinstance(error, MemoryError) or any(words in text for words in _REFUSALS):
        return OutOfMemory(memory)
    return Raised(type(error).__name__, text[:TEXT_LIMIT], where)
