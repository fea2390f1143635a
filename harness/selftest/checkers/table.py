"""The score of the checkers as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from harness.selftest.change import GENEROUS
from harness.selftest.checkers.jobs import RIGHT
from harness.selftest.checkers.score import Score

COLUMNS: Final = ("checker", "dtype", "fault", "tried", "refused", "milliseconds", "not run")
RIGHT_RULE: Final = "(a right rule)"


def csv_text(found: Sequence[Score]) -> str:
    """Return one line for each checker, dtype and fault, with the columns :data:`COLUMNS`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in found:
        time = "" if one.seconds is None else f"{1e3 * one.seconds:.2f}"
        writer.writerow((one.checker, one.dtype, one.fault or RIGHT_RULE, one.tried, one.refused, time, one.not_run))
    return out.getvalue()


def table(found: Sequence[Score]) -> list[str]:
    """Return the lines of a Markdown table: one row per checker and dtype."""
    head = ("checker", "dtype", "wrong rules", "caught", "missed", "right rules", "false alarms", "time per check")
    lines = [_line(head), _line(["---", "---"] + ["---:"] * (len(head) - 2))]
    for checker, dtype in dict.fromkeys((one.checker, one.dtype) for one in found):
        mine = [one for one in found if (one.checker, one.dtype) == (checker, dtype)]
        lines.append(_line((checker, dtype, *_numbers(mine))))
    return lines


def chosen() -> str:
    """Return how the settings were chosen, for beside the table."""
    return (
        "A wrong rule is tried in at most two settings in each dtype, at the shortest axis where it is obvious there: "
        f"off, at some of five cotangents, by more than {GENEROUS:.0f} (n + span + 10) roundoffs of the row's natural "
        "scale. The exact value alone decides that, and no bound of this harness."
    )


def asleep(found: Sequence[Score]) -> Iterator[str]:
    """Yield, for each checker and dtype, the faults that it missed somewhere, with how often."""
    for checker, dtype in dict.fromkeys((one.checker, one.dtype) for one in found):
        mine = [one for one in found if (one.checker, one.dtype) == (checker, dtype) and one.fault != RIGHT]
        missed = [f"{one.fault} ({one.tried - one.refused} of {one.tried})" for one in mine if one.refused < one.tried]
        if missed:
            yield f"- {checker}, {dtype}, misses {', '.join(missed)}"


def _numbers(mine: Sequence[Score]) -> tuple[str, ...]:
    if reason := next((one.not_run for one in mine if one.not_run), ""):
        return (f"not run: {reason}", "", "", "", "", "")
    right = next(one for one in mine if one.fault == RIGHT)
    tried = sum(one.tried for one in mine if one.fault != RIGHT)
    caught = sum(one.refused for one in mine if one.fault != RIGHT)
    time = "" if right.seconds is None else f"{1e3 * right.seconds:.1f} ms"
    share = f"{caught:,} ({100 * caught / tried:.0f} %)" if tried else "0"
    return (f"{tried:,}", share, f"{tried - caught:,}", f"{right.tried:,}", f"{right.refused:,}", time)


def _line(fields: Sequence[str]) -> str:
    return f"| {' | '.join(fields)} |"
