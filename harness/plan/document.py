"""Case files to values: the one module that reads YAML.

YAML 1.2 (core schema), and of it only what a case needs: one document, no tags, no anchors or aliases, no key twice.
Values are dicts with string keys, lists, strings, ints, bools, None and
:class:`~harness.plan.number.WrittenFloat`. Size and depth are known to be small before anything is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from harness.plan.faults import BadCases, Fault, shown
from harness.plan.number import LONGEST, NotANumber, WrittenFloat, is_decimal
from harness.plan.source import Place, Source, Where, lines_of, place_of, read_text, refused

DEEPEST = 32  # levels of nesting; an array has at most eight

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


def read_source(path: Path) -> Source:
    """Read the case file at ``path``; raise :class:`~harness.plan.faults.BadCases` where it is not plain YAML."""
    name = path.as_posix()
    text = read_text(path)
    tree = _Tree(name)
    try:
        root = tree.build(YAML(typ="safe", pure=True).parse(text))
    except ReaderError as error:
        place = place_of(text, error.position)
        code = error.character if isinstance(error.character, int) else ord(error.character)
        raise refused(
            name, place, f"the control character U+{code:04X}", "remove it, or write it as an escape"
        ) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise refused(name, place, *_explained(error, text, place)) from None
    except YAMLError as error:
        raise refused(name, (1, 1), f"not YAML: {shown(str(error))}", "mend it as the message says") from None
    if not tree.faults and not isinstance(root, dict):
        got = "nothing" if root is None else f"a {_kind(root)}"
        instead = "begin with 'format: 1', 'theme: ...' and 'cases:'"
        raise refused(name, (1, 1), f"the file holds {got} where a mapping is expected", instead)
    if tree.faults:
        raise BadCases(tree.faults)
    return Source(
        file=name,
        folder=path.parent,
        text=text,
        value=root,
        keys=tree.keys,
        values=tree.values,
        last_lines=tree.last_lines,
    )


class _Tree:
    """Builds values from parser events, and notes places and faults on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.keys: dict[Where, Place] = {}
        self.values: dict[Where, Place] = {}
        self.last_lines: dict[Where, int] = {}
        self.faults: list[Fault] = []
        self._last = 1  # the last line that holds something of what was read so far

    def build(self, events: Iterator[Event]) -> Any:
        documents = 0
        root = None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if event.version or event.tags:
                    self._note(event, "a YAML directive", "remove the line: case files are plain YAML 1.2")
                if documents == 2:
                    self._note(event, "a second document begins", "put it into a file of its own")
            elif isinstance(event, NodeEvent):
                value = self._value(event, events, ())
                root = value if documents == 1 else root
        return root

    def _value(self, event: Any, events: Iterator[Event], where: Where) -> Any:
        self.values.setdefault(where, _begin(event))
        if len(where) > DEEPEST:
            raise refused(self.file, _begin(event), "values are nested too deeply", f"keep to {DEEPEST} levels")
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
            self._note(event, "an anchor or alias", "write the value out: a case is read on its own")
        if getattr(event, "tag", None) is not None:
            self._note(
                event, f"the tag {shown(str(event.tag))}", "remove it: what a value is follows from how it looks"
            )
        value: Any = None
        if isinstance(event, ScalarEvent):
            self._last = self._last if _is_nothing(event) else _last_line(event)
            value = self._scalar(event)
        elif isinstance(event, SequenceStartEvent):
            value = self._sequence(events, where)
        elif isinstance(event, MappingStartEvent):
            value = self._mapping(events, where)
        self.last_lines[where] = self._last
        return value

    def _sequence(self, events: Iterator[Event], where: Where) -> list[Any]:
        items: list[Any] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                self._close(event)
                return items
            items.append(self._value(event, events, (*where, len(items))))
        return items

    def _mapping(self, events: Iterator[Event], where: Where) -> dict[str, Any]:
        items: dict[str, Any] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                self._close(event)
                return items
            key = self._value(event, events, (*where, "?"))
            if not isinstance(event, ScalarEvent) or not isinstance(key, str):
                self._note(event, f"the key {shown(key)} is not a word", "write a key of the format")
                key = str(key)
            if key in items:
                line = self.keys[*where, key][0]
                self._note(
                    event, f"the key {key!r} stands here twice", f"keep one of them (the other is on line {line})"
                )
            self.keys.setdefault((*where, key), _begin(event))
            value = next(events)
            if _is_nothing(value):
                self.values.setdefault((*where, key), _begin(event))
            items[key] = self._value(value, events, (*where, key))
            self.values.pop((*where, "?"), None)
        return items

    def _scalar(self, event: ScalarEvent) -> Any:
        text: str = event.value
        if any("\ud800" <= character <= "\udfff" for character in text):
            self._note(event, "half of a surrogate pair", "write the character itself: these halves are not text")
            return text.encode("utf-8", "backslashreplace").decode("utf-8")
        plain, _ = event.implicit
        if not plain or event.style is not None:
            return text
        if text.lower() in _WORDS and text in (text.lower(), text.capitalize(), text.upper()):
            return _WORDS[text.lower()]
        try:
            if _INTEGER.fullmatch(text):
                return _integer(text)
            return WrittenFloat(text) if is_decimal(text) else text
        except NotANumber as error:
            self._note(event, error.what, error.instead)
            return 0

    def _close(self, event: Event) -> None:
        if event.end_mark.index > event.start_mark.index:  # only a flow collection has a bracket at its end
            self._last = event.end_mark.line + 1

    def _note(self, event: Event, what: str, instead: str) -> None:
        line, column = _begin(event)
        self.faults.append(Fault(file=self.file, line=line, column=column, what=what, instead=instead))


def _integer(text: str) -> int:
    if len(text) > LONGEST:
        raise NotANumber(f"a number of {len(text)} characters", f"write at most {LONGEST}")
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text, base)


def _begin(event: Event) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _is_nothing(event: Event) -> bool:
    """Say whether there is no value; the parser has it begin wherever the next thing does, be it lines away."""
    return isinstance(event, ScalarEvent) and event.start_mark.index == event.end_mark.index


def _last_line(event: ScalarEvent) -> int:
    end = event.end_mark
    whole_lines = end.column == 0 and end.line > event.start_mark.line  # a block scalar ends where the next line begins
    return int(end.line) if whole_lines else int(end.line) + 1


def _explained(error: MarkedYAMLError, text: str, place: Place) -> tuple[str, str]:
    """Return what is wrong with the YAML and what would be right, in words for one who does not know the grammar."""
    problem = str(error.problem or error.context)
    lines = lines_of(text)
    line = lines[place[0] - 1] if place[0] <= len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in problem:
        return "a tab", "indent with spaces: YAML forbids tabs there"
    if problem.startswith("mapping values are not allowed"):
        return "not YAML: a colon where no key can stand", "put the text into quotation marks, or mend the indentation"
    opened = f" ({error.context}, opened on line {error.context_mark.line + 1})" if error.context_mark else ""
    return f"not YAML: {problem}{opened}", "mend the brackets, quotation marks or indentation there"


def _kind(value: object) -> str:
    return {list: "list", str: "text", bool: "truth value"}.get(type(value), "number")
