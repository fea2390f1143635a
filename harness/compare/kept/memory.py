"""What one run finds of earlier ones, and leaves to later ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from harness.compare.comparison import AdapterRun
from harness.compare.exhibit import Exhibit
from harness.compare.judgement import Judgement
from harness.compare.kept.cabinet import Cabinet
from harness.compare.kept.judgement import EQUIVALENTS, EXHIBIT, JUDGEMENT, Form
from harness.compare.kept.keys import contents, key_of
from harness.compare.relation import Pair
from harness.compare.results import Entries
from harness.compare.shifts import leaders
from harness.plan.problem import Problem

T = TypeVar("T")


class Memory:
    """The judgements of earlier runs that a run may take over.

    ``question`` gives the digest of what the call of a problem asks.
    ``groups`` maps the name of each group of equivalent calls to its problems. Their results are held against each
    other, numbers in hand: where one of a group has to be judged, all of it are.

    What is judged anew is handed on as it would be found later, so that a run that finds everything and one that finds
    nothing give the same.
    """

    def __init__(
        self,
        cabinet: Cabinet,
        problems: Sequence[Problem],
        *,
        question: Callable[[Problem], str],
        runs: Sequence[AdapterRun],
        entries: Mapping[str, Entries],
        groups: Mapping[str, Sequence[Problem]],
    ) -> None:
        self._cabinet = cabinet
        self._contents = contents(problems, question=question, runs=runs, entries=entries)
        self._keys = {name: key_of(JUDGEMENT.name, content) for name, content in self._contents.items()}
        self._groups = {
            group: key_of(EQUIVALENTS.name, [group, [self._contents[one.id] for one in members]])
            for group, members in groups.items()
        }
        self.equivalents: dict[str, tuple[Pair, ...]] = {}
        self.judged: dict[str, Judgement] = {}
        wanted = set(self._keys)
        for group, members in groups.items():
            known = self._find(EQUIVALENTS, self._groups[group])
            if known is None:
                wanted -= {one.id for one in members}
            else:
                self.equivalents[group] = known
        for problem in problems:
            if problem.id in wanted:
                judgement = self._find(JUDGEMENT, self._keys[problem.id])
                if judgement is not None:
                    self.judged[problem.id] = judgement

    def due(self, stack: Sequence[Problem]) -> tuple[Problem, ...]:
        """Return what has to be judged of a stack, and what it has to be judged beside; nothing where all is known."""
        needed = {problem.id for problem in stack if problem.id not in self.judged}
        if not needed:
            return ()
        needed |= {leader.id for leader, problem in leaders(stack) if problem.id in needed}
        return tuple(problem for problem in stack if problem.id in needed)

    def keep(self, problem: Problem, judgement: Judgement) -> Judgement:
        """Keep what was judged of ``problem``."""
        return self._keep(JUDGEMENT, self._keys[problem.id], judgement)

    def keep_equivalents(self, group: str, pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
        """Keep the pairs of a group of equivalent calls."""
        return self._keep(EQUIVALENTS, self._groups[group], pairs)

    def exhibit(self, problems: Iterable[Problem], *, row: int, make: Callable[[], Exhibit | None]) -> Exhibit | None:
        """Return the exhibit of a case with ``problems``; ``make`` makes it where it is not kept."""
        key = key_of(EXHIBIT.name, [row, [self._contents[one.id] for one in problems]])
        found = self._find(EXHIBIT, key)
        if found is None:
            made = make()
            found = self._keep(EXHIBIT, key, () if made is None else (made,))
        return found[0] if found else None

    def _find(self, form: Form[T], key: str) -> T | None:
        text = self._cabinet.find(key)
        if text is None:
            return None
        try:
            return form.from_bytes(text)
        except ValueError:  # of a harness whose words have changed: as good as nothing
            return None

    def _keep(self, form: Form[T], key: str, value: T) -> T:
        text = form.to_bytes(value)
        self._cabinet.keep(key, text)
        return form.from_bytes(text)
