"""Texts from outside (exceptions, names, authors) made safe to show: nothing invisible, nothing that moves a cursor."""

from __future__ import annotations

import unicodedata

_SPACES = {ord("\n"): " ", ord("\t"): " "}


def legible(text: str) -> str:
    r"""Return ``text`` with every character that cannot be seen written as its Python escape, e.g. ``\x1b``.

    Line ends, tabs and spaces stay. What is escaped includes control characters, which a terminal obeys and XML cannot
    hold; lone surrogates, which UTF-8 cannot hold; and marks that change the direction of writing.
    """
    # most are words and lines of a table: those are told from the rest without a look at every character
    if text.isprintable() or text.translate(_SPACES).isprintable():
        return text
    return "".join(map(_seen, text))


def _seen(character: str) -> str:
    if character.isprintable() or character in "\n\t" or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")
