"""A snippet in its parts, and as the text that a person runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from harness.repeat.drawn import CALLED, DEFINITION
from harness.repeat.literal import HEX, needs

_DEFINITION = re.compile(r"\n+(?=(?:def|class) )")
_GAP = re.compile(r"\n{4,}")
_NUMBERS = re.compile(r"\bgot\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A program that makes one call of a framework's own; of this project it imports what that call needs, if anything.

    ``comments``: what to know before it is run. ``environment``: variables that have to be set before the framework is
    imported. ``arrays``: inputs by name, as expressions. ``body`` makes the call and leaves its result in ``result``;
    ``numbers`` is that as a NumPy array that holds every value exactly, and is called ``got`` in what is shown.
    """

    imports: Sequence[str]
    arrays: dict[str, str]
    body: Sequence[str]
    numbers: str
    environment: dict[str, str] = field(default_factory=dict)
    settings: Sequence[str] = ()
    comments: Sequence[str] = ()

    def text(
        self,
        shown: Sequence[str],
        *,
        comments: Sequence[str] = (),
        instead: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """Return the program; ``shown`` are its last lines, which print, and ``comments`` its first.

        ``instead`` has expressions that are to stand for others in those of the arrays.
        """
        given = [f"{name} = {_replaced(expression, instead)}" for name, expression in self.arrays.items()]
        written = "\n".join([*given, *self.body, *shown])
        used = not shown or any(_NUMBERS.search(line) for line in shown)  # what is no array has no numbers
        modules = sorted({*needs(written), *(["os"] if self.environment else [])})
        parts = [
            [f"# {line}" for line in (*comments, *self.comments)],
            [f"import {module}" for module in modules],
            [f'os.environ["{name}"] = "{value}"' for name, value in self.environment.items()],
            list(self.imports),
            [*self.settings, *([HEX] if 'h("' in written else [])],
            [*DEFINITION, "", ""] if any(CALLED in line for line in given) else [],
            given,
            list(self.body),
            [*([f"got = {self.numbers}"] if used else []), *shown],
        ]
        text = "\n\n".join("\n".join(part) for part in parts if part) + "\n"
        return _DEFINITION.sub("\n\n\n", _GAP.sub("\n\n\n", text))


def _replaced(expression: str, instead: Mapping[str, str]) -> str:
    for packed, drawn in instead.items():
        expression = expression.replace(packed, drawn)
    return expression
