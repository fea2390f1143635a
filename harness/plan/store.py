"""The plan on disk: written whole or not at all, and believed only when its digest fits its problems and bits.

::

    plan/
      plan.json        format, digest, selection, counts, the SHA-256 of the problems, themes, cases, ledger
      problems.jsonl   one problem per line, with the digest of its question, and references into
      inputs.npy       every input array, each kept once (harness.arraypack)
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from harness.arraypack import PackError, PackWriter, open_pack, unpack
from harness.plan.callcodec import Json
from harness.plan.codec import (
    case_from_json,
    case_to_json,
    entry_from_json,
    entry_to_json,
    problem_from_json,
    problem_to_json,
)
from harness.plan.digest import digest_and_questions, fingerprint
from harness.plan.plan import Plan
from harness.plan.problem import Problem
from harness.plan.signatures import count_signatures
from harness.seal import seal_holds, sealed
from harness.wholefile import is_alive

FORMAT = "softmax-harness plan"
VERSION = 3
_HEADER, _PROBLEMS, _INPUTS = "plan.json", "problems.jsonl", "inputs.npy"
_AGAIN = "make the plan again with: harness plan"

T = TypeVar("T")


class PlanError(Exception):
    """A plan cannot be written, removed, or believed; the text says which file, why, and what to do."""


def write_plan(plan: Plan, folder: Path) -> None:
    """Write ``plan`` to ``folder``, in place of any plan that is there. Raise :class:`PlanError` where it cannot be."""
    partial = _partial(folder)
    try:
        _remove_left_behind(folder)
        partial.mkdir(parents=True)
        try:
            _write_files(plan, partial)
            remove_plan(folder)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise PlanError(
            f"{folder}: the plan cannot be written: {error}; choose another folder with --reports"
        ) from None


def remove_plan(folder: Path) -> None:
    """Remove the plan in ``folder``, so that nothing downstream can take an old plan for a new one.

    A folder that holds anything else is left alone, and :class:`PlanError` raised.
    """
    try:
        _failure(folder).unlink(missing_ok=True)
        if not folder.exists():
            return
        strange = sorted(set(os.listdir(folder)) - {_HEADER, _PROBLEMS, _INPUTS})
        if strange:
            raise PlanError(
                f"{folder}: this folder should hold a plan and nothing else, and holds {strange[0]!r}; move that away, "
                "or choose another folder with --reports"
            )
        gone = _partial(folder).with_suffix(".removed.partial")
        shutil.rmtree(gone, ignore_errors=True)  # of a killed process that had our number, as in containers all have
        folder.rename(gone)  # at once, so that nobody reads a plan half removed
        shutil.rmtree(gone)
    except OSError as error:
        raise PlanError(f"{folder}: the old plan cannot be removed: {error}; remove it by hand") from None


def _partial(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.{os.getpid()}.partial")


def _remove_left_behind(folder: Path) -> None:
    """Remove what killed processes left half written or half removed, also one that had our number."""
    for left in folder.parent.glob(f".{folder.name}.*.partial"):
        number = left.name.removeprefix(f".{folder.name}.").split(".")[0]
        if number == str(os.getpid()) or (number.isdecimal() and not is_alive(int(number))):
            shutil.rmtree(left, ignore_errors=True)


def note_failure(folder: Path, text: str) -> None:
    """Keep why there is no plan in ``folder``, for :func:`read_plan` to say; a note that cannot be kept is not."""
    with suppress(OSError):
        folder.parent.mkdir(parents=True, exist_ok=True)
        _failure(folder).write_text(text, encoding="utf-8")


def _failure(folder: Path) -> Path:
    return folder.with_name(folder.name + ".failed")


def read_plan(folder: Path) -> Plan:
    """Read the plan in ``folder``; its arrays are read-only, and mapped from the disk.

    Raise :class:`PlanError` where there is none, where it is of another format version, cut short, or not what its
    digest says.
    """
    header = read_header(folder)
    problems = _read_problems(folder, header)
    digest, questions = digest_and_questions(problems)
    if digest != header.get("digest"):
        raise PlanError(
            f"{folder}: the plan's problems or input bits were changed after it was made (digest {digest[:12]}, "
            f"expected {str(header.get('digest'))[:12]}); {_AGAIN}"
        )
    where = folder / _HEADER
    cases = [decoded(case_from_json, case, f"{where}: cases") for case in _take(header, "cases", list)]
    ledger = [decoded(entry_from_json, entry, f"{where}: ledger") for entry in _take(header, "ledger", list)]
    plan = Plan(
        digest=digest,
        problems=tuple(problems),
        cases={case.id: case for case in cases},
        ledger=tuple(ledger),
        selection=header.get("selection"),
        themes=_take(header, "themes", dict),
        questions=questions,
    )
    check_seal(folder, header)
    orphans = sorted({problem.case for problem in problems} - plan.cases.keys())
    if orphans:
        raise PlanError(f"{where}: problems belong to the case {orphans[0]!r}, which is not there; {_AGAIN}")
    return plan


def _write_files(plan: Plan, folder: Path) -> None:
    pack = PackWriter(folder / _INPUTS)
    try:
        kept: dict[str, Json] = {}
        known: dict[int, Json] = {}  # by identity: many problems share an array, and the plan holds them all

        def keep(array: NDArray[Any]) -> Json:
            if id(array) not in known:
                key = fingerprint(array)
                if key not in kept:
                    kept[key] = pack.append(array)
                known[id(array)] = kept[key]
            return known[id(array)]

        values = ({**problem_to_json(each, keep), "question": plan.question(each)} for each in plan.problems)
        problems = "".join(json.dumps(value) + "\n" for value in values)
    except BaseException:
        pack.discard()
        raise
    pack.close()
    (folder / _PROBLEMS).write_text(problems, encoding="utf-8")
    header = json.dumps(sealed(_header(plan, problems)), indent=1, ensure_ascii=False) + "\n"
    (folder / _HEADER).write_text(header, encoding="utf-8")


def _header(plan: Plan, problems: str) -> Json:
    signatures = count_signatures(plan.problems)
    return {
        "format": FORMAT,
        "version": VERSION,
        "digest": plan.digest,
        "selection": plan.selection,
        "counts": {
            "cases": len(plan.cases),
            "problems": len(plan.problems),
            "evaluations": plan.evaluations,
            "jax signatures": {"jit": signatures.jit, "eager": signatures.eager},
        },
        "sha256": {_PROBLEMS: _sha256(problems)},
        "themes": plan.themes,
        "cases": [case_to_json(case) for case in plan.cases.values()],
        "ledger": [entry_to_json(entry) for entry in plan.ledger],
    }


def read_header(folder: Path) -> Json:
    """Return what the plan in ``folder`` says of itself; raise :class:`PlanError` where there is none."""
    path = folder / _HEADER
    if not path.exists():
        note = _failure(path.parent)
        if note.exists():
            reason = _read_text(note)
            raise PlanError(f"{path.parent}: there is no plan, since the last `harness plan` failed:\n{reason}")
        raise PlanError(f"{path.parent}: there is no plan here; make one with: harness plan")
    header = _parse(path, path.name, _read_text(path))
    if header.get("format") != FORMAT:
        raise PlanError(f"{path}: not a plan of this harness (format {header.get('format')!r}); {_AGAIN}")
    version = header.get("version")
    if version != VERSION:
        raise PlanError(
            f"{path}: the plan has format version {version}, this harness reads version {VERSION}; make the plan and "
            "read it with the same harness"
        )
    return header


def check_seal(folder: Path, header: Json) -> None:
    """Raise :class:`PlanError` where ``header`` is not as it was written to ``folder``."""
    if not seal_holds(header):
        raise PlanError(f"{folder / _HEADER}: changed after it was made (its seal is broken); {_AGAIN}")


def problem_values(folder: Path, header: Json) -> Iterator[tuple[str, Json]]:
    """Yield where each problem of the plan stands, and what stands there; raise :class:`PlanError` where none does.

    The last is followed by a look at all of them: what was changed after the plan was made is refused then.
    """
    path, expected = folder / _PROBLEMS, _take(header, "counts", dict).get("problems")
    text = _read_text(path)
    lines = text.splitlines()
    if len(lines) != expected:
        raise PlanError(f"{path}: holds {len(lines)} problems, the plan has {expected}: cut short; {_AGAIN}")
    for number, line in enumerate(lines, start=1):
        where = f"{path}:{number}"
        yield where, _parse(path, where, line)
    if _take(header, "sha256", dict).get(_PROBLEMS) != _sha256(text):
        raise PlanError(f"{path}: the problems of this plan were changed after it was made (SHA-256 differs); {_AGAIN}")


def _read_problems(folder: Path, header: Json) -> list[Problem]:
    fetch = inputs(folder)
    values = problem_values(folder, header)
    return [decoded(lambda v: problem_from_json(v, fetch), value, where) for where, value in values]


def inputs(folder: Path) -> Callable[[Mapping[str, Any]], NDArray[Any]]:
    """Return what fetches the input array that a reference names, mapped from the disk, the same one every time.

    Raise :class:`PlanError` where the plan in ``folder`` has no arrays that can be read.
    """
    try:
        pack = open_pack(folder / _INPUTS)
    except PackError as error:
        raise PlanError(f"{error}; {_AGAIN}") from None
    shared: dict[str, NDArray[Any]] = {}

    def fetch(reference: Mapping[str, Any]) -> NDArray[Any]:
        key = repr(reference)
        if key not in shared:
            shared[key] = unpack(pack, reference)
        return shared[key]

    return fetch


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: cannot be read: {error}; {_AGAIN}") from None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _parse(path: Path, where: str, text: str) -> Json:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise PlanError(f"{path}: not JSON at {where}: {error}; {_AGAIN}") from None
    if not isinstance(value, dict):
        raise PlanError(f"{path}: {where} should be a JSON object; {_AGAIN}")
    return value


def _take(header: Json, key: str, kind: type[T]) -> T:
    value = header.get(key)
    if not isinstance(value, kind):
        raise PlanError(f"{_HEADER}: {key!r} should be a {kind.__name__}, got {type(value).__name__}; {_AGAIN}")
    return value


def decoded(decode: Callable[[Json], T], value: Json, where: str) -> T:
    """Return what ``decode`` makes of ``value``; raise :class:`PlanError` where that is nothing a plan holds."""
    try:
        return decode(value)
    except (KeyError, TypeError, ValueError, AttributeError, PackError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise PlanError(f"{where}: not what a plan holds: {reason}; {_AGAIN}") from None
