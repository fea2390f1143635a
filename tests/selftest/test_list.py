"""The catalogue for a reader: printed by the verb, kept beside the formulas, and the same in both."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from harness.selftest import catalogue
from reference.faults import CATALOGUE, Fault
from tests.adapters.interpreters import ROOT

PAGE = (ROOT / "reference" / "faults" / "README.md").read_text(encoding="utf-8")


def listed(*arguments: str, **environment: str) -> str:
    line = [sys.executable, "-m", "harness", "selftest", "--list", *arguments]
    done = subprocess.run(
        line, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True, timeout=100
    )
    return done.stdout


def test_the_page_has_the_table_that_the_verb_prints() -> None:
    assert listed("--markdown") in PAGE


@pytest.mark.parametrize(("environment", "width"), [({}, 100), ({"FORCE_COLOR": "1", "COLUMNS": "64"}, 64)])
def test_no_line_of_the_list_is_wider_than_its_place_and_every_word_is_in_it(
    environment: dict[str, str], width: int
) -> None:
    text = listed(**environment)
    assert max(map(len, text.splitlines())) <= width
    told = " ".join(text.split())
    assert all(" ".join(field.split()) in told for row in catalogue.rows(CATALOGUE) for field in row)


def test_the_form_of_a_list_is_refused_where_there_is_no_list() -> None:
    line = [sys.executable, "-m", "harness", "selftest", "--markdown"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--markdown without --list" in done.stderr


def test_every_fault_is_on_the_page_once() -> None:
    assert [fault.name for fault in CATALOGUE] == re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE, flags=re.MULTILINE)


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.name)
def test_a_fault_states_its_formula_and_what_is_wrong_with_it(fault: Fault) -> None:
    assert fault.formula
    assert fault.words
    assert f"{fault.formula}: {fault.words}" == fault.what
    assert f"| `{fault.name}` | `{fault.formula}` |" in PAGE


def test_a_terminal_is_shown_a_list_without_markup() -> None:
    text = listed("--faults", "dot-term-missing", FORCE_COLOR="1", COLUMNS="200")
    assert "the dot term <s, v> is" in text
    assert "| --- |" not in text


def test_nothing_in_a_row_ends_its_field() -> None:
    assert not any("|" in field for row in catalogue.rows(CATALOGUE) for field in row)


def test_the_links_of_the_page_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", PAGE)
    assert targets
    assert [one for one in targets if not (ROOT / "reference" / "faults" / one).exists()] == []
