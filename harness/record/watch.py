"""Watching a recording process at work: its progress, its clock, its memory, its death."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.record.child import Child
from harness.record.opening import POLL
from harness.record.recording import Crashed, OutOfMemory, TimedOut


class HarnessBroken(Exception):
    """The harness's own part of the recording process failed; the text is its traceback."""


class CannotGoOn(Exception):
    """Something outside the recording process keeps it from going on: the plan was replaced, the disk is full ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a recording process may take: seconds for one evaluation, and resident bytes.

    ``pause`` is the limit where no evaluation is in progress: a framework is imported from a cold disk, or a large plan
    is read, which has nothing to do with how long an evaluation may take.
    """

    timeout: float
    memory: int
    pause: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """The process ended in evaluation ``number``, or in none, between two of them."""

    number: int | None
    result: Crashed | TimedOut | OutOfMemory
    by_others: bool = False  # neither the harness nor the process itself ended it


def watch(
    child: Child, limits: Limits, *, done: Callable[[int], None], each: Callable[[Child], None] = lambda _child: None
) -> Death | None:
    """Follow ``child`` to its end, telling ``done`` now and then how many evaluations are; return how it died.

    That is None where it finished. A child over its limits is ended. ``each`` is called at every look at it.
    """
    at = child.whereabouts
    seen: tuple[int | None, int] | None = None
    since = time.monotonic()
    while True:
        messages = child.messages(wait=POLL)
        each(child)
        number, count = at.number, at.done
        if (number, count) != seen:
            seen, since = (number, count), time.monotonic()
            done(count)
        for message in messages:
            match message["kind"]:
                case "finished":
                    return None
                case "fault":
                    raise CannotGoOn(message["text"])
                case "broken":
                    raise HarnessBroken(message["text"])
        if child.ended:
            done(at.done)
            return Death(
                number=at.number,
                result=Crashed(child.death, own=child.died_by_itself),
                by_others=child.was_killed,
            )
        if child.memory > limits.memory:
            child.kill()
            return Death(number=number, result=OutOfMemory(limits.memory))
        limit = limits.pause if number is None else limits.timeout
        if time.monotonic() - since > limit:
            child.kill()
            return Death(number=number, result=TimedOut(limit))
