"""Case files, one after the other: what they say together, and all that is wrong with them."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from pydantic import ValidationError

from harness.plan.case import FORMAT, Case, CaseFile, LedgerFile
from harness.plan.diagnosis import diagnose
from harness.plan.document import read_source
from harness.plan.expand import expand
from harness.plan.faults import BadCases, Fault, nearest, shown
from harness.plan.kept import Kept
from harness.plan.plan import CaseRecord, LedgerEntry, Plan
from harness.plan.probe import with_probes
from harness.plan.problem import Problem
from harness.plan.records import case_record, ledger_entry, misfits
from harness.plan.source import Source, Where, read_text


class Reader:
    """Collects what case files say, and all their faults.

    Arrays of one case may need ``memory`` bytes. What is ``kept`` of a file is not read again.
    """

    def __init__(self, memory: int, kept: Kept | None) -> None:
        self._memory = memory
        self._kept = kept
        self._faults: list[Fault] = []
        self.cases: dict[str, CaseRecord] = {}
        self.problems: dict[str, tuple[Problem, ...]] = {}
        self.themes: dict[str, str] = {}
        self._ledger: dict[str, tuple[LedgerEntry, int, bool]] = {}  # with its number, and whether all cases are read

    def read(self, path: Path, *, whole: bool) -> None:
        """Read the case file, or ledger, at ``path``; ``whole`` says that all cases of the ledger are read, too."""
        before = len(self._faults)
        try:
            if self._kept is not None:
                known = self._kept.find(path, read_text(path), memory=self._memory)
                if self._take(known, whole=whole):
                    return
            source = read_source(path)
        except BadCases as error:
            self._faults += error.faults
            return
        self._read(source, whole=whole)
        if self._kept is not None and len(self._faults) == before:
            self._kept.keep(path, source, self._content(source.file), memory=self._memory)

    def _take(self, known: Plan | None, *, whole: bool) -> bool:
        """Take over what is known of a file; not where it does not fit the files before it: then its places count."""
        if known is None or known.cases.keys() & self.cases.keys():
            return False
        if {entry.id for entry in known.ledger} & self._ledger.keys():
            return False
        self.themes |= known.themes
        self.cases |= known.cases
        self.problems |= dict.fromkeys(known.cases, ())
        for case, problems in groupby(known.problems, key=lambda problem: problem.case):
            self.problems[case] = tuple(problems)
        self._ledger |= {entry.id: (entry, index, whole) for index, entry in enumerate(known.ledger)}
        return True

    def _content(self, file: str) -> Plan:
        """Return what a file without faults was found to come to, without a digest."""
        cases = {name: case for name, case in self.cases.items() if case.file == file}
        problems = tuple(problem for name in cases for problem in self.problems[name])
        return Plan(
            digest="",
            problems=problems,
            cases=cases,
            ledger=tuple(entry for entry, *_ in self._ledger.values() if entry.file == file),
            themes={name: theme for name, theme in self.themes.items() if name == file},
        )

    def _read(self, source: Source, *, whole: bool) -> None:
        version = source.value.get("format", FORMAT)
        if version != FORMAT or isinstance(version, bool):
            what = f"format is {shown(version)}, and this harness reads format {FORMAT}"
            self._faults.append(source.fault(("format",), what, f"write format: {FORMAT}, or use a newer harness"))
        elif "ledger" in source.value and "cases" not in source.value:
            self._read_ledger(source, whole=whole)
        else:
            self._read_cases(source)

    def _read_cases(self, source: Source) -> None:
        try:
            content = CaseFile.model_validate(source.value)
        except ValidationError as error:
            self._faults += diagnose(error, source, CaseFile)
            self._read_sound_cases(source)
            return
        self.themes[source.file] = " ".join(content.theme.split())
        for index, case in enumerate(content.cases):
            self._read_case(case, source, ("cases", index))

    def _read_sound_cases(self, source: Source) -> None:
        """Look further into the cases that have the right form, so that one look shows all faults of a file."""
        cases = source.value.get("cases")
        for index, value in enumerate(cases if isinstance(cases, list) else []):
            try:
                case = Case.model_validate(value)
            except ValidationError:
                continue
            self._read_case(case, source, ("cases", index))

    def _read_case(self, case: Case, source: Source, where: Where) -> None:
        written = expand(case, source, where, self._faults, memory=self._memory)
        self._faults += misfits(case, written, source, where)
        problems = with_probes(written)
        if case.id in self.cases:
            other = self.cases[case.id]
            what = f"the id {case.id!r} is taken by {other.file}:{other.line}"
            self._faults.append(source.fault((*where, "id"), what, "choose another: an id names one case in all files"))
            return
        self.cases[case.id] = case_record(case, source, where, problems=len(problems))
        self.problems[case.id] = problems

    def _read_ledger(self, source: Source, *, whole: bool) -> None:
        try:
            content = LedgerFile.model_validate(source.value)
        except ValidationError as error:
            self._faults += diagnose(error, source, LedgerFile)
            return
        for index, known in enumerate(content.ledger):
            where: Where = ("ledger", index)
            if known.id in self._ledger:
                instead = "choose another: an id names one entry"
                self._faults.append(source.fault((*where, "id"), f"the id {known.id!r} is taken", instead))
            self._ledger[known.id] = (ledger_entry(known, source, where), index, whole)

    @property
    def ledger(self) -> tuple[LedgerEntry, ...]:
        """The entries of ledgers that speak of the cases that were read."""
        entries = (entry for entry, *_ in self._ledger.values())
        return tuple(entry for entry in entries if entry.case is None or entry.case in self.cases)

    def end(self) -> None:
        """Raise :class:`~harness.plan.faults.BadCases` with the faults of all files, where there are any."""
        for entry, index, whole in self._ledger.values():
            if whole and entry.case is not None and entry.case not in self.cases:
                what, source = f"there is no case {entry.case!r}", read_source(Path(entry.file))
                at: Where = ("ledger", index, "case")
                self._faults.append(source.fault(at, what, nearest(entry.case, self.cases)))
        if self._faults:
            raise BadCases(self._faults)
