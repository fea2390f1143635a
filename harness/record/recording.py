"""What a recording says: one entry per problem and quantity, each entry one of a closed set of results."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from numpy.typing import NDArray

from harness.adapters.contract import Description, Precision
from harness.vocabulary import Mode, Quantity


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """An array came back, of whatever shape and dtype; one of bfloat16 is the uint16 array of its bits."""

    value: NDArray[Any]
    dtype: str  # its name: that of the array, but where its bits are carried by another


@dataclass(frozen=True, slots=True)
class Raised:
    """The framework raised: the exception's type and text.

    ``where``: the lines of an adapter from outside that it came through; of no weight when two results are compared.
    """

    type: str
    text: str
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The adapter says that the framework has no such call, or no such mode."""

    reason: str


@dataclass(frozen=True, slots=True)
class Crashed:
    """The recording process died: of which signal, or with which exit code.

    ``own``: in this very evaluation, and of nothing that came from outside, so that it would die again. Of no weight
    when two results are compared.
    """

    how: str
    own: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Nothing came back within the limit, in seconds."""

    limit: float


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """The recording process grew beyond the limit, in bytes, or was refused memory; or was not tried.

    ``needs``: what inputs and result alone take, in bytes, where that is beyond the limit already; otherwise 0.
    """

    limit: int
    needs: int = 0


Result = Returned | Raised | Unsupported | Crashed | TimedOut | OutOfMemory


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What became of one quantity of one problem.

    ``question`` is the digest of the call that was evaluated (:func:`harness.plan.digest.question_of`), whatever the
    problem is called; entries of before it was kept have none.
    """

    problem: str
    quantity: Quantity
    result: Result
    mode: Mode | None = None  # the mode that really ran; never Mode.DEFAULT
    precision: Precision | None = None
    inputs_changed: tuple[str, ...] = ()  # names of the input arrays whose bits differ after the call
    method: str | None = None  # how a Jacobian or an hvp was made
    question: str = ""
    rows_per_call: int | None = None  # where the result is put together of calls of so many rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What made a recording: enough to know whether another recording may be held against it."""

    adapter: str
    plan: str  # digest of the plan
    not_run: str | None = None  # why the framework could not be used at all
    description: Description | None = None
    source: str = ""  # SHA-256 of the adapter's source
    harness: str = ""  # SHA-256 of the code that hands over inputs and files results
    python: str = ""
    platform: dict[str, str] = field(default_factory=dict)  # system, machine, processor, instruction set
    flags: dict[str, str] = field(default_factory=dict)  # environment variables that change results
    packages: tuple[str, ...] = ()  # the environment's whole freeze: name==version, sorted
    rows_per_call: int | None = None  # how many rows a call was given at most; None for all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording as read back. Incomplete without its manifest: such a one is resumed, and never compared.

    ``finished`` is the day on which it was completed, in UTC; None where it is incomplete, or older than this field.
    """

    header: Header
    complete: bool
    entries: dict[tuple[str, Quantity], Entry]
    finished: date | None = None
