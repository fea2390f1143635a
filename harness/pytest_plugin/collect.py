"""Case files to test items: a problem and an adapter, a case as a whole, an entry of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from harness.plan.faults import BadCases
from harness.plan.library import LEDGER, load_library
from harness.plan.plan import CaseRecord, LedgerEntry
from harness.plan.problem import Problem
from harness.pytest_plugin.options import KEPT, OPTIONS
from harness.pytest_plugin.outcome import Disagreement, conclude, conclude_case, conclude_entry
from harness.pytest_plugin.session import compared, near


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CasesFile | None:
    """Collect a YAML file below one of the ini option ``harness_cases``, or one that the command line names."""
    if file_path.suffix not in (".yaml", ".yml"):
        return None
    folders: list[Path] = parent.config.getini("harness_cases") or [parent.config.rootpath / "cases"]
    if not (parent.session.isinitpath(file_path) or any(file_path.is_relative_to(folder) for folder in folders)):
        return None
    file: CasesFile = CasesFile.from_parent(parent, path=file_path)
    return file


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep what the case files come to, so that another session does not plan those that have not changed."""
    session.config.stash[KEPT].save()


class CasesFile(pytest.File):
    """A file of cases, or a ledger."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items of every case. A file with faults is one error, which names them all with their places."""
        try:
            library = load_library([near(self.path, self.config)], kept=self.config.stash[KEPT])
        except BadCases as error:
            raise self.CollectError(str(error)) from None
        adapters = self.config.stash[OPTIONS].adapters
        for name, case in library.cases.items():
            for problem in library.problems[name]:
                for adapter in adapters:
                    yield ProblemItem.of(self, problem, case, adapter)
            yield CaseItem.of(self, case)
        if self.path.name == LEDGER:
            for entry in library.ledger:
                if entry.case is None:
                    yield EntryItem.of(self, entry)

    def repr_failure(  # type: ignore[override]  # pytest's own Collector narrows it, too
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> Any:
        """Show the faults of a file as they are, without a traceback."""
        return str(excinfo.value) if isinstance(excinfo.value, self.CollectError) else super().repr_failure(excinfo)


class _Item(pytest.Item):
    """What all items share: where they stand in a file, and a failure without a traceback."""

    where: str  # file:line
    line: int

    @classmethod
    def named(cls, parent: pytest.File, name: str) -> Self:
        """Return the item of this name below ``parent``.

        Its id is given as the text that pytest's cache, ``--lf`` and ``--ff`` read back: they take what stands in
        brackets for parameters, which an id made from the name alone does not, so that the two would not be equal.
        """
        item: Self = cls.from_parent(parent, name=name, nodeid=f"{parent.nodeid}::{name}")
        return item

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place of the case in its file; pytest counts lines from 0."""
        return self.path, self.line - 1, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show a finding as it is, before the place of its case: pytest's summary shows the first line, as it fits."""
        if isinstance(excinfo.value, Disagreement):
            return f"{excinfo.value}\n{self.where}: {self.name}"
        return super().repr_failure(excinfo, style)


class ProblemItem(_Item):
    """One problem, all of its quantities, by one adapter."""

    problem: Problem
    adapter: str

    @classmethod
    def of(cls, parent: pytest.File, problem: Problem, case: CaseRecord, adapter: str) -> ProblemItem:
        """Return the item, named like the problem with the adapter as its last word, and marked with what it is of."""
        given = problem.id.removesuffix("]")
        name = f"{given},{adapter}]" if given != problem.id else f"{given}[{adapter}]"
        item = cls.named(parent, name)
        item.problem, item.adapter = problem, adapter
        item.where, item.line = f"{case.file}:{case.line}", case.line
        for word in (adapter, problem.call.op.value, problem.call.dtype.value):
            item.add_marker(word)
        item.extra_keyword_matches.update(case.tags, (problem.call.mode.value, problem.cotangent_name))
        return item

    def runtest(self) -> None:
        """Look up what the comparison says of the problem."""
        conclude(compared(self.session), self.problem.id, self.adapter)


class CaseItem(_Item):
    """What a case as a whole promises: expected findings, printed values, entries of the ledger that still hold."""

    case: str

    @classmethod
    def of(cls, parent: pytest.File, case: CaseRecord) -> CaseItem:
        """Return the item, named like the case."""
        item = cls.named(parent, case.id)
        item.case = case.id
        item.where, item.line = f"{case.file}:{case.line}", case.line
        item.extra_keyword_matches.update(case.tags)
        return item

    def runtest(self) -> None:
        """Look up what the comparison says of the case."""
        conclude_case(compared(self.session), self.case)


class EntryItem(_Item):
    """An entry of the ledger that speaks of any case: it has to happen somewhere in the whole library."""

    entry: LedgerEntry

    @classmethod
    def of(cls, parent: pytest.File, entry: LedgerEntry) -> EntryItem:
        """Return the item, named like the entry."""
        item = cls.named(parent, entry.id)
        item.entry = entry
        item.where, item.line = f"{entry.file}:{entry.line}", entry.line
        return item

    def runtest(self) -> None:
        """Look up whether the entry happened."""
        conclude_entry(compared(self.session), self.entry)
