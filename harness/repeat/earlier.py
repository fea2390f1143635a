"""Repeats of earlier runs, taken over where all that they are made of is equal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from harness.compare.kept.cabinet import Cabinet
from harness.compare.kept.judge import harness_digest
from harness.compare.kept.judgement import Form, Json
from harness.compare.verdict import Finding
from harness.plan.problem import Problem
from harness.record.recording import Header
from harness.repeat.repeats import Repeat

_REPEAT: Final = Form("repeat", Json[Repeat])


class Earlier:
    """What repeated findings in earlier runs, as ``cabinet`` has it under the digest of all that decides it.

    ``question`` gives the digest of what the call of a problem asks, input bits included.
    """

    def __init__(self, cabinet: Cabinet, *, question: Callable[[Problem], str]) -> None:
        self._cabinet = cabinet
        self._question = question

    def repeat(
        self, finding: Finding, problem: Problem, header: Header, *, words: tuple[str, ...], make: Callable[[], Repeat]
    ) -> Repeat:
        """Return what ``make`` returns, or what it returned in an earlier run where all that decides it was equal.

        That is the finding, the call of ``problem``, the ``header`` of the recording, and ``words``, all other texts
        that it is made of; and the harness itself.
        """
        decides = [harness_digest(), self._question(problem), repr(finding), repr(header), words]
        key = hashlib.sha256(json.dumps([_REPEAT.name, decides]).encode()).hexdigest()
        text = self._cabinet.find(key)
        if text is not None:
            with suppress(ValueError):  # of a harness whose words have changed: as good as nothing
                return _REPEAT.from_bytes(text)
        made = make()
        with suppress(ValueError):  # where a framework has said what UTF-8 lacks
            self._cabinet.keep(key, _REPEAT.to_bytes(made))
        return made
