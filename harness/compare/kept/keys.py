"""What decides the judgement of one problem, as one digest: its content, what every adapter gave, and the judge."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from harness.compare.comparison import AdapterRun
from harness.compare.kept.judge import judge_digest
from harness.compare.results import Entries
from harness.compare.shifts import leaders
from harness.compare.stacking import stacks
from harness.plan.digest import fingerprint
from harness.plan.problem import Problem
from harness.record.codec import entry_to_json
from harness.record.recording import Entry
from harness.vocabulary import Quantity


def key_of(kind: str, words: object) -> str:
    """Return the SHA-256, in hexadecimal, of what decides a value of ``kind``: the judge, and ``words``, JSON."""
    text = json.dumps([kind, judge_digest(), words], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def contents(
    problems: Iterable[Problem],
    *,
    question: Callable[[Problem], str],
    runs: Sequence[AdapterRun],
    entries: Mapping[str, Entries],
) -> dict[str, str]:
    """Return, by problem, the digest of all that its judgement hangs on, beside the judge.

    ``question`` gives the digest of what the call of a problem asks, input bits included.
    The rows of a stack are judged alone, with one exception: a problem is held against the one whose logits it shifts
    (:mod:`harness.compare.shifts`), so that one's content is part of its own. What a recording says of its adapter
    decides only what the ledger excuses, which is never kept.
    """
    listed = list(problems)
    own = {problem.id: _content(problem, question(problem), runs, entries) for problem in listed}
    first = {
        problem.id: leader.id for stack in stacks(listed) for leader, problem in leaders(stack) if leader is not problem
    }
    return {name: _sha([content, own[first[name]]] if name in first else [content]) for name, content in own.items()}


def _content(problem: Problem, question: str, runs: Iterable[AdapterRun], entries: Mapping[str, Entries]) -> str:
    """Return the digest of one problem and of what every adapter gave for it.

    Every quantity counts for every other: a vjp is judged beside the adapter's own forward output, and why a gradient
    is zero is said beside who returned it.
    """
    gave = [
        [run.name, *(_written(entries[run.name].get((problem.id, quantity))) for quantity in Quantity)]
        if run.ran
        else [run.name, run.why_not]
        for run in runs
    ]
    named = [problem.id, problem.case, problem.cotangent_name, problem.probe, problem.check]
    return _sha([named, question, gave])


def _written(entry: Entry | None) -> dict[str, Any] | None:
    return None if entry is None else entry_to_json(entry, _named)


def _named(array: NDArray[Any]) -> dict[str, str]:
    return {"bits": fingerprint(array)}


def _sha(words: object) -> str:
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()
