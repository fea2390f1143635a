"""Taking entries over from an earlier recording: the plan changed, adapter and surroundings did not.

An entry answers one question, which is the digest of everything that the adapter was handed: every parameter of the
call and every bit of its arrays. Where a problem of the new plan asks the same, whatever it is called and wherever it
stands, the entry becomes that problem's. Arrays stay where they are; only the lines of a segment are replaced, each
segment on its own, and every line keeps its question. So what was begun and interrupted is begun again, under this plan
or any other, and comes out right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from harness.plan.outline import Asked
from harness.record.codec import Json
from harness.record.segment import read_lines, replace_lines, segments

_Question = tuple[str, str]  # the digest of what is asked, and the quantity
_ANSWERS = ("returned", "raised", "unsupported")


def take_over(folder: Path, asked: Iterable[Asked], *, deaths: bool) -> int:
    """Make the entries in ``folder`` those of what is ``asked``, drop all others, and return how many there are then.

    Without ``deaths``, evaluations that ended the process, or were ended, are dropped too, but for those that died by
    their own doing: they may have come of what was evaluated before them, or of limits.
    """
    wanted: defaultdict[_Question, list[str]] = defaultdict(list)
    for each in asked:
        wanted[each.question, each.quantity.value].append(each.problem)
    found = {path: read_lines(path) for path in segments(folder)}
    usable = [line for lines in found.values() for line in lines if deaths or _answers(line)]
    served = _served(usable, wanted)
    for path, lines in found.items():
        kept = [{**line, "problem": name} for line in lines for name in served.get(id(line), ())]
        if kept != lines:
            replace_lines(path, kept)
    return sum(map(len, served.values()))


def _served(usable: list[Json], wanted: dict[_Question, list[str]]) -> dict[int, list[str]]:
    """Return the problems that each line, by its identity, is the entry of: its own first, then those without any."""
    served: dict[int, list[str]] = {}
    first: dict[_Question, int] = {}
    for line in usable:
        names = wanted.get(_asked(line), [])
        if names:
            first.setdefault(_asked(line), id(line))
        if line["problem"] in names:
            names.remove(line["problem"])
            served[id(line)] = [line["problem"]]
    for asked, identity in first.items():
        served.setdefault(identity, []).extend(wanted[asked])
    return served


def _asked(line: Json) -> _Question:
    return line.get("question", ""), line["quantity"]


def _answers(line: Json) -> bool:
    result = line["result"]
    return result["kind"] in _ANSWERS or result.get("own") is True
