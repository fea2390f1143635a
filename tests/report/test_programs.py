"""The programs of a case in the terminal: one that is short, or all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.repeat.repeats import Repeat, key_of
from harness.report.programs import SHORT, programs_text
from tests.report.miniature import MINIATURE

FINDINGS = sorted({key_of(finding): finding for finding in MINIATURE.findings}.values(), key=lambda f: not f.unexpected)
COMPARISON = replace(MINIATURE, findings=tuple(FINDINGS))


def repeat(name: str, *, lines: int = 2) -> Repeat:
    return Repeat(snippet=f"print({name!r})\n" * lines, upstream="", about=f"About {name}.")


def test_what_nobody_expected_is_repeated_first_and_the_others_are_counted() -> None:
    known = {key_of(finding): repeat(str(k)) for k, finding in enumerate(FINDINGS)}
    text = programs_text(COMPARISON, known, every=False)
    assert FINDINGS[0].unexpected
    assert "About 0." in text
    assert "\n    print('0')\n    print('0')" in text
    assert "print('1')" not in text
    assert f"{len(FINDINGS) - 1} more program" in text


def test_every_program_is_printed_where_all_are_asked_for() -> None:
    known = {key_of(finding): repeat(str(k), lines=2 * SHORT) for k, finding in enumerate(FINDINGS)}
    text = programs_text(COMPARISON, known, every=True)
    assert all(f"    print('{k}')" in text for k in range(len(FINDINGS)))
    assert "--snippets" not in text


@pytest.mark.parametrize(("lines", "shown"), [(SHORT, True), (SHORT + 1, False)])
def test_a_long_program_waits_until_it_is_asked_for(lines: int, shown: bool) -> None:
    text = programs_text(COMPARISON, {key_of(FINDINGS[0]): repeat("it", lines=lines)}, every=False)
    assert ("print('it')" in text) is shown
    assert ("1 program for what was found: --snippets" in text) is not shown


def test_a_finding_without_a_program_takes_no_line() -> None:
    assert programs_text(COMPARISON, {}, every=True) == ""
    assert programs_text(COMPARISON, {key_of(FINDINGS[0]): repeat("", lines=0)}, every=True) == ""
