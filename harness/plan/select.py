"""Selecting problems by words: ``forum and not float64``, as pytest's ``-k`` does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches

_TOKEN = re.compile(r"\s*(?:(\()|(\))|'([^']*)'|\"([^\"]*)\"|([^\s()'\"]+))")
_OPERATORS = ("and", "or", "not")

Test = Callable[[str], bool]


class SelectionError(Exception):
    """An expression of ``-k`` is wrong, or selects nothing; the text says what would be right."""


class Selection:
    """Words joined by and, or, not and parentheses; a word matches where it occurs, in any letter case."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.words: list[str] = []
        self._tokens = list(_tokens(expression))
        self._next = 0
        try:
            self._test = self._disjunction()
        except RecursionError:
            raise self._too_deep() from None
        if self._next < len(self._tokens):
            self._refuse("'and', 'or' or the end")

    def matches(self, text: str) -> bool:
        """Say whether ``text`` is selected."""
        try:
            return self._test(text.casefold())
        except RecursionError:  # what was read in fewer frames than it takes to apply
            raise self._too_deep() from None

    def nothing(self, texts: Iterable[str]) -> SelectionError:
        """Return the error that says that none of ``texts`` is selected, with words that would have been near."""
        known = sorted({word for text in texts for word in re.split(r"[\s\[\],]+", text.casefold()) if word})
        near = [close for word in self.words for close in get_close_matches(word, known, n=3, cutoff=0.5)]
        near = near or [name for word in self.words for name in known if word[:3] and word[:3] in name][:3]
        hint = f"near it are: {', '.join(dict.fromkeys(near))}" if near else "harness cases --list shows what there is"
        return SelectionError(f"-k {self.expression!r} selects nothing; {hint}")

    def _too_deep(self) -> SelectionError:
        return SelectionError(f"-k: {self.expression[:40]}... is nested too deeply; use fewer parentheses")

    def _disjunction(self) -> Test:
        tests = [self._conjunction()]
        while self._take("or"):
            tests.append(self._conjunction())
        return lambda text: any(test(text) for test in tests)

    def _conjunction(self) -> Test:
        tests = [self._negation()]
        while self._take("and"):
            tests.append(self._negation())
        return lambda text: all(test(text) for test in tests)

    def _negation(self) -> Test:
        if self._take("not"):
            test = self._negation()
            return lambda text: not test(text)
        return self._atom()

    def _atom(self) -> Test:
        if self._take("("):
            test = self._disjunction()
            if not self._take(")"):
                self._refuse("')'")
            return test
        kind, word = self._tokens[self._next] if self._next < len(self._tokens) else ("end", "")
        if kind != "word":
            self._refuse("a word")
        self._next += 1
        self.words.append(word.casefold())
        return lambda text: word.casefold() in text

    def _take(self, kind: str) -> bool:
        found = self._next < len(self._tokens) and self._tokens[self._next][0] == kind
        self._next += found
        return found

    def _refuse(self, expected: str) -> None:
        rest = self._tokens[self._next :]
        got = f"got {rest[0][1]!r}" if rest else "it ends"
        raise SelectionError(
            f"-k {self.expression!r}: {expected} is expected as token {self._next + 1}, {got}; "
            "an example: 'forum and not (float64 or eager)'"
        )


def _tokens(expression: str) -> Iterable[tuple[str, str]]:
    position, text = 0, expression.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise SelectionError(f"-k {expression!r}: a quotation mark is not closed; an example: \"'one_hot 0'\"")
        position = match.end()
        opening, closing, single, double, bare = match.groups()
        if opening or closing:
            yield (opening or closing, opening or closing)
        elif bare is not None and bare.casefold() in _OPERATORS:
            yield bare.casefold(), bare
        else:
            yield "word", next(part for part in (single, double, bare) if part is not None)
