"""A library of cases: everything that a set of case files says, checked as one; and the plan that is made of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.plan.digest import digest_and_questions
from harness.plan.kept import Kept
from harness.plan.limits import MEMORY
from harness.plan.plan import CaseRecord, LedgerEntry, Plan
from harness.plan.problem import Problem, temperature_text
from harness.plan.reader import Reader
from harness.plan.select import Selection, SelectionError
from harness.plan.signatures import count_signatures
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


def load_library(paths: Sequence[Path], *, memory: int = MEMORY, kept: Kept | None = None) -> Library:
    """Read and check all case files in ``paths``, which are files or folders of them.

    Beside a file, the ledger of its folder is read too. Arrays of one case may need ``memory`` bytes. What is ``kept``
    of earlier runs saves the time alone, and is told what is new. Raise :class:`~harness.plan.faults.BadCases` with the
    faults of all files, :class:`NoCases` where there are no files.
    """
    reader = Reader(memory, kept)
    for path, whole in _files(paths):
        reader.read(path, whole=whole)
    reader.end()
    return Library(cases=reader.cases, problems=reader.problems, themes=reader.themes, ledger=reader.ledger)


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
    digest, questions = digest_and_questions(problems)
    return Plan(
        digest=digest,
        problems=problems,
        cases=cases,
        ledger=tuple(entry for entry in library.ledger if entry.case is None or entry.case in cases),
        selection=selection,
        themes={file: theme for file, theme in library.themes.items() if file in files},
        questions=questions,
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
