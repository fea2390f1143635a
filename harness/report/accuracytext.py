"""``accuracy.csv`` and ``accuracy.md``: how large errors are, for a notebook and for a reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from harness.compare.comparison import Comparison
from harness.report import figures
from harness.report.errors import Errors, Worst, as_table, in_ulps
from harness.report.files import ReportFile, encode
from harness.report.headline import compared, version
from harness.report.markdown import literal, table
from harness.report.tabular import texts_legible
from harness.vocabulary import DType, Op, Quantity

COMMON_OPS: Final = (Op.SOFTMAX, Op.LOG_SOFTMAX, Op.CROSS_ENTROPY)
COMMON_QUANTITIES: Final = (Quantity.FORWARD, Quantity.VJP)
_READING: Final = (
    "**ulp**: one unit in the last place of the correctly rounded value. What is below the smallest normal number is "
    "left out, since kernels may flush it to zero; how often one does stands under *flushed*.",
    "**eps**: the error over eps times the natural scale of its row, the size of the terms that a result is made of "
    "(for the vjp of softmax, the largest `s_i (|v_i| + sum s_j |v_j|)`). Logarithms, losses and derivatives are "
    "differences, and may come out as small as they like: ulps say nothing there, eps how many roundings they are off.",
    "**rounded**: elements that are the correctly rounded true value.",
    "**of bound**: the largest error as a share of its rounding bound; up to 1 is rounding.",
    "Elements for which nothing is computed (masked, ignored, other rows' inputs in a Jacobian) count nowhere. What is "
    "beyond its bound counts like all the rest, so that a known defect shows.",
)


def csv(found: Sequence[Errors]) -> bytes:
    """Return the errors as CSV, a row per adapter, mode, op, quantity and dtypes; a last column names the format."""
    frame = texts_legible(as_table(found)).assign(format=ReportFile.ACCURACY_CSV.format_name)
    return encode(frame.to_csv(index=False, lineterminator="\n"))


def markdown(comparison: Comparison, found: Sequence[Errors]) -> str:
    """Return the errors as Markdown: the common calls with a column per adapter, then everything, op by op."""
    parts = [
        f"<!-- {ReportFile.ACCURACY.format_name} -->",
        "# Accuracy",
        literal(compared(comparison)),
        "\n".join(f"- {line}" for line in _READING),
        "## Common calls",
        "Largest / mean error · elements correctly rounded · largest share of the bound.",
        common(comparison, found),
    ]
    for op, of_op in groupby(found, key=lambda one: one.op):
        parts += [f"## {literal(op)}", _everything(of_op)]
    return "\n\n".join(parts) + "\n"


def common(comparison: Comparison, found: Sequence[Errors]) -> str:
    """Return the table of the common calls, those whose results have the dtype of the logits."""
    runs = [run for run in comparison.adapters if run.ran]
    cells = {(one.op, one.quantity, one.dtype, one.adapter): one for one in found if one.output_dtype == one.dtype}
    lines = []
    for op in COMMON_OPS:
        for quantity in COMMON_QUANTITIES:
            for dtype in DType:
                own = [cells.get((op.value, quantity, dtype.value, run.name)) for run in runs]
                if any(own):
                    lines.append([f"{op.value} {quantity.value}", dtype.value, *map(_brief, own)])
    heads = ["", "dtype", *(literal(version(run)) for run in runs)]
    return table(heads, lines)


def _brief(one: Errors | None) -> str:
    if one is None:
        return figures.ABSENT
    counted = in_ulps(one.op, one.quantity)
    worst, mean = (one.ulps, one.mean_ulps) if counted else (one.eps, one.mean_eps)
    largest = f"{_number(worst)} / {figures.ulps(mean)} {'ulp' if counted else 'eps'}"
    return f"{largest} · {figures.percent(one.rounded, one.elements)} · {figures.share(one.share.value)}"


def _everything(found: Iterable[Errors]) -> str:
    heads = ["quantity", "dtype", "adapter", "results", "elements"]
    heads += ["max ulp", "mean ulp", "max eps", "mean eps", "rounded", "flushed", "of bound"]
    heads += ["largest error in", "nearest to its bound in"]
    return table(heads, map(_line, found), align="lll" + 9 * "r")


def _line(one: Errors) -> Iterator[str]:
    yield from (one.quantity.value, one.formats, literal(one.adapter))
    yield from (figures.count(one.results), figures.count(one.elements))
    yield from (_number(one.ulps), figures.ulps(one.mean_ulps), _number(one.eps), figures.ulps(one.mean_eps))
    yield figures.percent(one.rounded, one.elements)
    yield figures.count(one.flushed) if one.flushed else ""
    yield figures.share(one.share.value)
    yield _where(one.ulps if in_ulps(one.op, one.quantity) else one.eps)
    yield _where(one.share)


def _number(worst: Worst | None) -> str:
    return figures.ABSENT if worst is None else figures.ulps(worst.value)


def _where(worst: Worst | None) -> str:
    if worst is None or worst.value == 0:
        return ""
    return literal(worst.problem) + (f" at {worst.at}" if worst.at else "")
