"""A library of cases: everything that a set of case files says, checked as one; and the plan that is made of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from harness.plan.case import FORMAT, Case, CaseFile, LedgerFile
from harness.plan.diagnosis import diagnose
from harness.plan.digest import digest_of
from harness.plan.document import read_source
from harness.plan.expand import expand
from harness.plan.faults import BadCases, Fault, nearest, shown
from harness.plan.limits import MEMORY
from harness.plan.plan import CaseRecord, LedgerEntry, Plan
from harness.plan.probe import with_probes
from harness.plan.problem import Problem, temperature_text
from harness.plan.records import case_record, ledger_entry, misfits
from harness.plan.select import Selection, SelectionError
from harness.plan.signatures import count_signatures
from harness.plan.source import Source, Where
from harness.vocabulary import Op

LEDGER = "ledger.yaml"


class NoCases(Exception):
    """No case file was found where one was asked for; the text says where."""


class TooManySignatures(Exception):
    """A library asks JAX to compile more than it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Cases with their problems, in the order of their files."""

    cases: dict[str, CaseRecord]
    problems: dict[str, tuple[Problem, ...]]  # by case
    themes: dict[str, str]  # by file
    ledger: tuple[LedgerEntry, ...]


def load_library(paths: Sequence[Path], *, memory: int = MEMORY) -> Library:
    """Read and check all case files in ``paths``, which are files or folders of them.

    Beside a file, the ledger of its folder is read too. Arrays of one case may need ``memory`` bytes. Raise
    :class:`~harness.plan.faults.BadCases` with the faults of all files, :class:`NoCases` where there are no files.
    """
    reader = _Reader(memory)
    for path, whole in _files(paths):
        reader.read(path, whole=whole)
    return reader.library()


def make_plan(
    library: Library, *, keyword: str | None = None, ops: Collection[Op] = tuple(Op), selection: str | None = None
) -> Plan:
    """Return the plan of ``library``, or of what ``keyword``, an expression of :mod:`harness.plan.select`, selects.

    Of that only the problems of ``ops`` are planned. ``selection`` is the text of everything that was selected. Ledger
    entries of cases that are left out are left out too. Raise :class:`~harness.plan.select.SelectionError` where
    nothing is selected, :class:`TooManySignatures` where JAX would have too much to compile.
    """
    problems = select_problems(library, keyword=keyword, ops=ops)
    excess = count_signatures(problems).excess()
    if excess:
        raise TooManySignatures("; ".join(excess))
    cases = {problem.case: library.cases[problem.case] for problem in problems}
    files = {case.file for case in cases.values()}
    return Plan(
        digest=digest_of(problems),
        problems=problems,
        cases=cases,
        ledger=tuple(entry for entry in library.ledger if entry.case is None or entry.case in cases),
        selection=selection,
        themes={file: theme for file, theme in library.themes.items() if file in files},
    )


def select_problems(
    library: Library, *, keyword: str | None = None, ops: Collection[Op] = tuple(Op)
) -> tuple[Problem, ...]:
    """Return the problems of ``ops`` in ``library`` that ``keyword`` selects; all of them without one.

    Raise :class:`~harness.plan.select.SelectionError` where there is none.
    """
    problems = tuple(problem for case in library.problems.values() for problem in case if problem.call.op in ops)
    if not problems:
        raise SelectionError(f"no case is of {', '.join(op.value for op in ops)}")
    if keyword is None:
        return problems
    selection = Selection(keyword)
    texts = [_searched(problem, library.cases[problem.case]) for problem in problems]
    selected = tuple(problem for problem, text in zip(problems, texts, strict=True) if selection.matches(text))
    if not selected:
        raise selection.nothing(texts)
    return selected


def _searched(problem: Problem, case: CaseRecord) -> str:
    """Return what a word of ``-k`` is looked for in; lines, so that no word matches across two of them."""
    call = problem.call
    words = (problem.id, call.op.value, call.dtype.value, call.mode.value, problem.cotangent_name, *case.tags)
    parameters = (temperature_text(call.temperature), call.reduction or "")
    return "\n".join((*words, *parameters, case.file.rsplit("/", 1)[-1]))


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Yield case files, each once, and whether all cases its ledger may speak of are read with it."""
    seen: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found = [(file, True) for file in sorted(path.rglob("*.y*ml")) if file.suffix in (".yaml", ".yml")]
        elif path.exists():
            ledger = path.with_name(LEDGER)
            found = [(path, False)] + ([(ledger, False)] if ledger.exists() else [])
        else:
            raise NoCases(f"{path}: there is no such file or folder; give case files, or folders that hold some")
        if not found:
            raise NoCases(f"{path}: this folder holds no .yaml file; give one that holds case files")
        for file, whole in found:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file, whole


class _Reader:
    """Collects what the files say, and all their faults."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._faults: list[Fault] = []
        self._cases: dict[str, CaseRecord] = {}
        self._problems: dict[str, tuple[Problem, ...]] = {}
        self._themes: dict[str, str] = {}
        self._ledger: dict[str, tuple[LedgerEntry, Source, Where, bool]] = {}

    def read(self, path: Path, *, whole: bool) -> None:
        try:
            source = read_source(path)
        except BadCases as error:
            self._faults += error.faults
            return
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
        self._themes[source.file] = " ".join(content.theme.split())
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
        if case.id in self._cases:
            other = self._cases[case.id]
            what = f"the id {case.id!r} is taken by {other.file}:{other.line}"
            self._faults.append(source.fault((*where, "id"), what, "choose another: an id names one case in all files"))
            return
        self._cases[case.id] = case_record(case, source, where, problems=len(problems))
        self._problems[case.id] = problems

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
            self._ledger[known.id] = (ledger_entry(known, source, where), source, where, whole)

    def library(self) -> Library:
        for entry, source, where, whole in self._ledger.values():
            if whole and entry.case is not None and entry.case not in self._cases:
                what = f"there is no case {entry.case!r}"
                self._faults.append(source.fault((*where, "case"), what, nearest(entry.case, self._cases)))
        if self._faults:
            raise BadCases(self._faults)
        return Library(
            cases=self._cases,
            problems=self._problems,
            themes=self._themes,
            ledger=tuple(
                entry for entry, *_ in self._ledger.values() if entry.case is None or entry.case in self._cases
            ),
        )
