"""The exhibited row of a case in plain text: its numbers one below the other, each as short as its dtype allows.

A row that is too long for a line goes on in the next one, its numbers below each other.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

import numpy as np

from harness.compare.exhibit import Answer, Exhibit
from harness.compare.printed import shortest
from harness.vocabulary import Op, Quantity

_LABEL, _WIDTH = 10, 14  # characters of a label, and of a number: the longest of float32
_LINE = 100  # characters


def mathematics(shown: Exhibit, *, reduction: str = "", alone: bool = False) -> str:
    """Return the exact numbers of the row; ``reduction`` is that of a loss, ``alone`` says that there is no other."""
    result, narrow = shown.result_dtype or shown.dtype, shown.dtype
    named = (shown.op, f"reduction={reduction}" if reduction else "", shown.parameters)
    dtypes = narrow if result == narrow else f"{narrow}, results to {result}"
    which = "" if alone else f", {row_name(shown)}"
    about = f"{' '.join(filter(None, named))}, axis {shown.axis}{which}"
    lines = [f"The exact numbers, rounded once to {dtypes} ({about})", _line("x", shown.x, narrow)]
    if shown.kept is not None:
        lines.append(f"  {'kept':<{_LABEL}} " + words(["yes" if kept else "no" for kept in shown.kept]))
    if shown.targets is not None:
        lines.append(_target(shown.targets, narrow, shown))
    lines.append(_line("output", shown.output, result))
    lines += _jacobian(shown, narrow)
    if shown.gradient is not None and shown.cotangent is not None:
        given = "none given; ones, the sum, is meant" if shown.cotangent_name == "implicit" else shown.cotangent_name
        of = "softmax less target: no cotangent has a say" if _ignores(shown) else "cotangent times Jacobian"
        lines.append(_line("cotangent", shown.cotangent, result, given))
        lines.append(_line("gradient", shown.gradient, narrow, of))
    if shown.tangent is not None:
        lines.append(_line("tangent", shown.tangent, narrow))
    if shown.jvp is not None:
        lines.append(_line("jvp", shown.jvp, result, "Jacobian times tangent"))
    if shown.hvp is not None:
        lines.append(_line("hvp", shown.hvp, narrow, "how the gradient changes in the direction of the tangent"))
    return "\n".join(lines)


def _target(targets: Sequence[float], dtype: str, shown: Exhibit) -> str:
    if "targets=indices" in shown.parameters:
        return f"  {'target':<{_LABEL}} class {targets[0]:.0f}"
    return _line("target", targets, dtype)


def _jacobian(shown: Exhibit, dtype: str) -> Iterable[str]:
    several = len(shown.jacobian) > 1
    for index, row in enumerate(shown.jacobian):
        yield _line("Jacobian" if index == 0 else "", row, dtype, f"gradient of output {index}" if several else "")
    if several:
        yield _line("their sum", shown.column_sums, dtype, "gradient of all outputs added up")


def _ignores(shown: Exhibit) -> bool:
    return shown.op == Op.SOFTMAX_OUTPUT.value


def row_name(shown: Exhibit) -> str:
    """Return the row by its index over the other axes; the first by that word."""
    return f"row {', '.join(map(str, shown.row))}" if any(shown.row) else "first row"


def answers(shown: Exhibit) -> str:
    """Return what each adapter answered for the row; what it refused in the same words stands in one line."""
    lines = [line for answer in _gathered(shown.answers) for line in _answer(answer, shown)]
    return "\n".join(["What each adapter answered", *lines]) if lines else "No adapter has been recorded for this plan."


def _gathered(given: Iterable[Answer]) -> Iterable[tuple[Answer, list[Quantity]]]:
    """Yield the answers, those in the same words of one adapter together, with their quantities."""
    found: dict[object, tuple[Answer, list[Quantity]]] = {}
    for number, answer in enumerate(given):
        key: object = number if answer.words is None else (answer.adapter, answer.words)
        quantities = found.setdefault(key, (answer, []))[1]
        if answer.quantity not in quantities:
            quantities.append(answer.quantity)
    yield from found.values()


def _answer(gathered: tuple[Answer, list[Quantity]], shown: Exhibit) -> Iterable[str]:
    answer, quantities = gathered
    of_output = answer.quantity in (Quantity.FORWARD, Quantity.JVP)
    dtype = (shown.result_dtype or shown.dtype) if of_output else shown.dtype
    name = f"  {answer.adapter:<{_LABEL}} {', '.join(quantities):<9}"
    if answer.words is not None:
        yield textwrap.fill(
            " ".join(answer.words.split()),
            width=_LINE,
            initial_indent=f"{name} ",
            subsequent_indent=" " * (len(name) + 1),
            break_long_words=False,
        )
    elif answer.rows is not None and answer.summed is not None:
        for row in answer.rows:
            yield f"{name} {numbers(row, dtype)}"
        if len(answer.rows) > 1:
            yield f"  {answer.adapter:<{_LABEL}} {'rows sum':<9} {numbers(answer.summed, dtype)}"
    elif answer.values is not None:
        of = f"   ({answer.problem})" if answer.quantity is Quantity.VJP else ""
        yield f"{name} {numbers(answer.values, dtype)}{of}"


def _line(label: str, values: Sequence[float], dtype: str, meaning: str = "") -> str:
    line = f"  {label:<{_LABEL}} {numbers(values, dtype)}"
    apart = f"\n{' ' * (_LABEL + 4)}" if "\n" in line else "   "
    return line + (f"{apart}{meaning}" if meaning else "")


def numbers(values: Iterable[float], dtype: str) -> str:
    """Return numbers of ``dtype`` in brackets, in lines below each other where one is too short."""
    return words([decimal(value, dtype) for value in values])


def words(texts: Sequence[str]) -> str:
    """Return texts in brackets, as many in a line as fit; the numbers of a long row are no wider than they must be."""
    fits = (_LINE - _LABEL - 5) // (_WIDTH + 2)
    width = _WIDTH if len(texts) <= fits else max(map(len, texts))
    in_a_line = max((_LINE - _LABEL - 5) // (width + 2), 1)
    padded = [f"{text:>{width}}" for text in texts]
    lines = ["  ".join(padded[start : start + in_a_line]) for start in range(0, len(padded), in_a_line)]
    return "[" + f"\n{' ' * (_LABEL + 4)}".join(lines) + "]"


def decimal(number: float, dtype: str) -> str:
    """Return the shortest decimal that reads back as a number of ``dtype``, in characters that a program reads."""
    value = shortest(number, dtype)
    if value == 0 or 1e-4 <= abs(float(value)) < 1e7 or not np.isfinite(value):
        return np.format_float_positional(value, trim="0")
    return np.format_float_scientific(value, trim="0")
