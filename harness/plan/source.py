"""A case file as plain values that know where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.plan.faults import BadCases, Fault

LARGEST = 2**20  # bytes, a quarter of a minute to read; numbers by the hundred thousand belong into a .npy file

Where = tuple[str | int, ...]  # keys and indices that lead from the root to a value
Place = tuple[int, int]  # line and column, counted from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A case file: its value, and the place of every key and value in it."""

    file: str
    folder: Path
    text: str
    value: dict[str, Any]
    keys: dict[Where, Place]
    values: dict[Where, Place]
    last_lines: dict[Where, int]

    def at(self, where: Where) -> Any:
        """Return the value at ``where``; None where there is none."""
        value: Any = self.value
        for step in where:
            inside = step in value if isinstance(value, dict) else isinstance(value, list) and isinstance(step, int)
            if not inside:
                return None
            value = value[step]
        return value

    def fault(self, where: Where, what: str, instead: str, *, key: bool = False) -> Fault:
        """Return a fault at the value, or the key, ``where``; at what holds it, if it is not there."""
        places = self.keys if key else self.values
        while where and where not in places:
            where, places = where[:-1], self.values
        line, column = places.get(where, (1, 1))
        return Fault(file=self.file, line=line, column=column, what=what, instead=instead)

    def excerpt(self, where: Where) -> str:
        """Return the lines that hold the value at ``where``, without their common indentation."""
        first, last = self.values[where][0], self.last_lines[where]
        lines = list(lines_of(self.text)[first - 1 : last])
        while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
            lines.pop()
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        return "\n".join(line[indent:] for line in lines)


def read_text(path: Path) -> str:
    """Return the text of the file at ``path``; raise :class:`~harness.plan.faults.BadCases` where it is none."""
    name = path.as_posix()
    try:
        if not path.is_file():
            raise refused(name, (1, 1), "not a regular file", "give a YAML file, or a folder that holds some")
        size = path.stat().st_size
        if size > LARGEST:
            instead = f"keep to {LARGEST >> 20} MiB, and put long arrays into .npy files: x: {{file: logits.npy}}"
            raise refused(name, (1, 1), f"the file has {size / 2**20:.3g} MiB", instead)
        content = path.read_bytes()
    except OSError as error:
        raise refused(
            name, (1, 1), f"cannot be read ({error.strerror})", "check the name and the permissions"
        ) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", errors="replace")
        what = f"the byte 0x{content[error.start]:02x} is not UTF-8"
        raise refused(name, place_of(before, len(before)), what, "save the file as UTF-8") from None


@lru_cache(maxsize=1)  # every case of a file asks for its own lines, one after the other
def lines_of(text: str) -> tuple[str, ...]:
    """Return the lines of ``text`` as YAML 1.2 and editors count them: U+2028 and its kin end none."""
    return tuple(re.split(r"\r\n|\r|\n", text))


def place_of(text: str, index: int) -> Place:
    """Return the place of the character at ``index``."""
    before = text[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def refused(file: str, place: Place, what: str, instead: str) -> BadCases:
    """Return the refusal of a whole file, for one fault."""
    return BadCases([Fault(file=file, line=place[0], column=place[1], what=what, instead=instead)])
