from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from harness.record.whereabouts import Whereabouts
from harness.record.words import Words
from tests.record.bench import ROOT

SPEAKS = """
import os, sys
from harness.record.whereabouts import Whereabouts
from harness.record.words import said
at = Whereabouts(int(sys.argv[1]))
os.write(2, b"before the first\\n")
for number, words in enumerate(sys.argv[2:]):
    at.begin(number, said=said())
    os.write(2, words.encode())
    at.finish()
"""


@pytest.fixture
def at() -> Whereabouts:
    return Whereabouts.new()


@pytest.fixture
def words(at: Whereabouts) -> Iterator[Words]:
    words = Words(at)
    yield words
    words.close()


def spoken(at: Whereabouts, words: Words, *said: str) -> list[str]:
    """Have a process say something in each of its evaluations; return its last words."""
    line = [sys.executable, "-c", SPEAKS, str(at.descriptor), *said]
    subprocess.run(line, cwd=ROOT, stderr=words.descriptor, pass_fds=(at.descriptor,), check=True)
    return words.last()


@pytest.mark.parametrize(
    ("said", "last"),
    [
        ((), ["before the first"]),
        (("one\n",), ["one"]),
        (("one\n", "two\n"), ["two"]),
        (("one\n", ""), []),
        (("1\n2\n3\n4\n",), ["2", "3", "4"]),
        (("\xe9" * 6000,), ["\xe9" * 2000]),
    ],
)
def test_the_last_words_are_of_the_evaluation_begun_last(
    said: tuple[str, ...], last: list[str], at: Whereabouts, words: Words
) -> None:
    assert spoken(at, words, *said) == last


def test_of_words_without_end_the_end_is_kept(at: Whereabouts, words: Words) -> None:
    at.begin(0)
    os.write(words.descriptor, 70_000 * b"so many words\n" + b"the end\n")
    words.trim()
    assert os.fstat(words.descriptor).st_size > 0
    os.write(words.descriptor, 30_000 * b"so many words\n" + b"the end, again\n")
    words.trim()
    assert os.fstat(words.descriptor).st_size == 0
    os.write(words.descriptor, b"and a word\n")
    assert words.last() == ["so many words", "the end, again", "and a word"]


def test_words_that_were_dropped_are_no_later_evaluation_s(at: Whereabouts, words: Words) -> None:
    at.begin(0)
    os.write(words.descriptor, 100_000 * b"so many words\n")
    words.trim()
    at.finish()
    assert spoken(at, words, "") == []
