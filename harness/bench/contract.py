"""What a benchmark is, and what it measures."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from harness.bench.pace import Spread
from harness.campaign.interpreter import interpreter

Step = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


class Effort(enum.StrEnum):
    """How much is measured; the figures of record are of the usual effort, or of the full one."""

    QUICK = "quick"  # little, to see that it runs
    USUAL = "usual"
    FULL = "full"  # also what takes many minutes, or most of the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a benchmark is handed.

    ``environments`` is tox's folder; ``folder`` is empty and goes away afterwards; ``step(label, total)`` opens a
    progress display and yields a function that is told how much is done.
    """

    environ: Mapping[str, str]
    environments: Path
    folder: Path
    effort: Effort
    step: Step

    def python(self, framework: str) -> Path:
        """Return the Python that has ``framework``; raise :class:`~harness.campaign.interpreter.NoInterpreter`."""
        return interpreter(framework, environ=self.environ, environments=self.environments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """What ``subject`` costs, as a multiple of what ``against`` costs: less is better.

    ``of`` is the ratio itself, as a run found it. ``cost`` is the subject's own, the median, in ``unit``: for a reader,
    and never for a target. ``at_most`` is the target for the median of the ratio, None where there is none. ``note``
    says what else there is to know, versions for example.
    """

    setting: str
    subject: str
    against: str
    of: Spread
    at_most: float | None = None
    cost: float
    unit: str
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the target is met, if there is one; NaN meets none."""
        return self.at_most is None or self.of.median <= self.at_most


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMeasured:
    """Why a part of a benchmark gave no figure: a framework is not there."""

    setting: str
    reason: str


Figure = Ratio | NotMeasured


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A benchmark: ``compares`` says in a sentence what with what, and what the target is."""

    name: str
    compares: str
    measure: Callable[[Setup], Iterator[Figure]]
