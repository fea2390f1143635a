"""A campaign's problems: number k of seed s is the same problem for ever, whatever else is drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from numpy.typing import NDArray

from harness.call import Call
from harness.campaign import heads, logits
from harness.campaign.dice import Dice, Floats, Purpose
from harness.plan.digest import digest_of
from harness.plan.plan import CaseRecord, LedgerEntry, Plan
from harness.plan.problem import Problem
from harness.vocabulary import DType, Mode, Op, Quantity
from reference.rows import Rows

_ID = re.compile(r"campaign-(\d+)-(\d+)")
CHECK: Final = (Quantity.FORWARD, Quantity.VJP, Quantity.JVP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A shape with its axis, and how often it is drawn. There are few, so that JAX compiles few signatures."""

    shape: tuple[int, ...]
    axis: int
    weight: int


FRAMES: Final = (
    Frame(shape=(8, 2), axis=-1, weight=14),
    Frame(shape=(6, 5), axis=-1, weight=14),
    Frame(shape=(7, 4), axis=0, weight=14),
    Frame(shape=(4, 10), axis=-1, weight=14),
    Frame(shape=(2, 17, 3), axis=1, weight=14),
    Frame(shape=(3, 65), axis=-1, weight=10),  # one beyond a block of 64, 16, 8 or 4 lanes
    Frame(shape=(128, 2), axis=0, weight=8),
    Frame(shape=(2, 1000), axis=-1, weight=6),
    Frame(shape=(1023, 2), axis=0, weight=4),
    Frame(shape=(1, 10000), axis=-1, weight=2),
)


class UnknownProblem(ValueError):
    """A text is not the id of a campaign's problem."""


def identifier(seed: int, number: int) -> str:
    """Return the id of a problem, from which alone it can be drawn again."""
    return f"campaign-{seed}-{number}"


def identified(text: str) -> tuple[int, int]:
    """Return seed and number of the problem with this id; raise :class:`UnknownProblem` where it is none."""
    match = _ID.fullmatch(text)
    if match is None:
        raise UnknownProblem(f"{text!r} is not the id of a campaign's problem; one looks like {identifier(0, 1234)}")
    return int(match[1]), int(match[2])


def draw(seed: int, number: int) -> tuple[Problem, CaseRecord]:
    """Return problem ``number`` of ``seed``, and the case that stands for it: a line that says what it is made of."""
    choices = Dice(seed, number, Purpose.CHOICES)
    op, dtype = choices.pick(tuple(Op)), choices.pick(tuple(DType))
    frame = choices.pick(FRAMES, weights=[frame.weight for frame in FRAMES])
    family = choices.pick(logits.FAMILIES)
    kind = choices.pick(tuple(family))
    head, direction = choices.pick(tuple(heads.KINDS)), choices.pick(tuple(heads.KINDS))
    rows = Rows(shape=frame.shape, axis=frame.axis % len(frame.shape))
    x = family[kind](Dice(seed, number, Purpose.X), (rows.count, rows.length), dtype)

    def laid(values: Floats) -> NDArray[Any]:
        array = rows.join(values.astype(dtype.value))
        array.flags.writeable = False
        return array

    call = Call(
        op=op,
        axis=frame.axis,
        dtype=dtype,
        mode=Mode.DEFAULT,
        x=laid(x),
        cotangent=laid(heads.KINDS[head](Dice(seed, number, Purpose.COTANGENT), x)),
        tangent=laid(heads.KINDS[direction](Dice(seed, number, Purpose.TANGENT), x)),
    )
    name = identifier(seed, number)
    description = (
        f"{op} {dtype}, shape {'x'.join(map(str, frame.shape))}, axis {frame.axis}; "
        f"x: {kind}; cotangent: {head}; tangent: {direction}"
    )
    case = CaseRecord(
        id=name,
        why=description,
        source=f"problem {number} of the campaign with seed {seed}",
        file="",
        line=0,
        text=description,
        problems=1,
    )
    return Problem(id=name, case=name, call=call, cotangent_name=head, check=CHECK), case


def sample(seed: int, numbers: Iterable[int], *, ledger: Iterable[LedgerEntry] = ()) -> Plan:
    """Return a plan of the problems ``numbers`` of ``seed``."""
    drawn = [draw(seed, number) for number in numbers]
    problems = tuple(problem for problem, _ in drawn)
    return Plan(
        digest=digest_of(problems),
        problems=problems,
        cases={case.id: case for _, case in drawn},
        ledger=tuple(entry for entry in ledger if entry.case is None),
        selection=f"{len(problems)} problems of the campaign with seed {seed}",
    )


def signatures() -> int:
    """Count what JAX compiles anew: op x dtype x frame."""
    return len(Op) * len(DType) * len(FRAMES)


__all__ = ["CHECK", "FRAMES", "UnknownProblem", "draw", "identified", "identifier", "sample", "signatures"]
