"""Damage done to files: to their bytes, and to the JSON values that they hold, as a random source has it."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

Json = Any
Path = tuple[str | int, ...]

TOKENS = [
    *(b"&a ", b"*a", b"!!python/object:os.system ", b"--- \n", b"...\n", b"%YAML 1.1\n", b"\t", b": ", b"- ", b"? "),
    *(b"{", b"}", b"[", b"]", b"'", b'"', b"|\n", b">\n", b"#", b"<<: ", b",", b"\n", b"\r", b"\x00", b"\xff", b"\xc3"),
    *(b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\xf0\x9f\x92\xa5", b"[" * 300, b"{a: " * 300, b"9" * 500),
    *(b"1e400", b"-0", b".inf", b".nan", b"0x1p-3", b"0x1p99999", b"null", b"~", b"true", b"\\ud800", b"\x1b[31m"),
]
NASTY: list[Json] = [
    *(None, True, False, "", " ", "~", "💥", "\ud800", "\x00", "\x1b[31m", "\u2028", "a" * 5000, "1e400", "0x1p99999"),
    *(0, 1, -1, 2, 7, 2**31, 2**63, 2**64, -(2**63), 10**30, 10**400, 0.5, -0.0, 1e308, 5e-324, "nan", ".nan", "-.inf"),
    *([], {}, [[]], [[], []], [{}], [None], [0], [[1, 2], [3]], {"": ""}, {"full": 1}, {"one_hot": -9}, {"file": "."}),
    *({"file": "/dev/zero"}, {"file": "../../../../etc/passwd"}, {"file": "absent.npy"}, {"normal": {"shape": [2, 3]}}),
    *({"normal": {"shape": [10**9]}}, {"normal": {"shape": [10**5, 10**5]}}, {"normal": {"shape": [2] * 40}}),
    *({"normal": {"shape": [0, 10**12]}}, {"normal": {"shape": [2, 3], "scale": 1e300}}, "ones", "each", "implicit"),
    *("softmax", "cross_entropy", "bfloat16", "int32", "jit", "all", "sum", "float64", "vjp", "torch", "2026-13-40"),
]


def damaged_bytes(content: bytes, source: random.Random) -> bytes:
    """Return ``content`` with one to four places of it changed, cut, doubled, moved, or written into."""
    for _ in range(source.choice((1, 1, 1, 2, 4))):
        content = source.choice(_BYTE_DAMAGES)(content, source)
    return content


def damaged_value(value: Json, source: random.Random) -> Json:
    """Return a JSON value of which one to three parts were removed, replaced, doubled, renamed, nested or exchanged."""
    value = copy.deepcopy(value)
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        places = list(_places(value))
        if places:
            source.choice(_VALUE_DAMAGES)(value, source.choice(places), source)
    return value


def _flipped(content: bytes, source: random.Random) -> bytes:
    if not content:
        return content
    at = source.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << source.randrange(8)]) + content[at + 1 :]


def _cut(content: bytes, source: random.Random) -> bytes:
    return content[: source.randrange(len(content) + 1)]


def _span(content: bytes, source: random.Random) -> tuple[int, int]:
    begin = source.randrange(len(content) + 1)
    return begin, min(len(content), begin + source.choice((1, 2, 8, 64, 512)))


def _without(content: bytes, source: random.Random) -> bytes:
    begin, end = _span(content, source)
    return content[:begin] + content[end:]


def _doubled(content: bytes, source: random.Random) -> bytes:
    begin, end = _span(content, source)
    return content[:end] + content[begin:]


def _moved(content: bytes, source: random.Random) -> bytes:
    begin, end = _span(content, source)
    rest = content[:begin] + content[end:]
    at = source.randrange(len(rest) + 1)
    return rest[:at] + content[begin:end] + rest[at:]


def _written_into(content: bytes, source: random.Random) -> bytes:
    at = source.randrange(len(content) + 1)
    return content[:at] + source.choice(TOKENS) + content[at:]


def _overwritten(content: bytes, source: random.Random) -> bytes:
    token = source.choice(TOKENS)
    at = source.randrange(len(content) + 1)
    return content[:at] + token + content[at + len(token) :]


_BYTE_DAMAGES: list[Callable[[bytes, random.Random], bytes]] = [
    _flipped,
    _flipped,
    _cut,
    _without,
    _doubled,
    _moved,
    _written_into,
    _overwritten,
]


def _places(value: Json, here: Path = ()) -> Iterator[Path]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in children:
        yield (*here, step)
        yield from _places(child, (*here, step))


def _holder(value: Json, place: Path) -> Json:
    for step in place[:-1]:
        value = value[step]
    return value


def _replace(value: Json, place: Path, source: random.Random) -> None:
    _holder(value, place)[place[-1]] = copy.deepcopy(source.choice(NASTY))


def _remove(value: Json, place: Path, _: random.Random) -> None:
    del _holder(value, place)[place[-1]]


def _change(value: Json, place: Path, source: random.Random) -> None:
    """Change a value into one of its own kind, which is harder to see."""
    holder, step = _holder(value, place), place[-1]
    old = holder[step]
    if isinstance(old, bool) or old is None:
        holder[step] = not old
    elif isinstance(old, int | float):
        holder[step] = source.choice((-old, old + 1, old * 64, old * 1e308, old + 64, str(old), [old]))
    elif isinstance(old, str):
        holder[step] = source.choice((old[:-1], old + "x", old.upper(), old * 3, [old], {old: old}))
    elif isinstance(old, list):
        holder[step] = source.choice((old * 2, old[::-1], old[:-1], [old], old * 20))
    else:
        holder[step] = source.choice(([old], {"x": old}, list(old), {key.upper(): item for key, item in old.items()}))


def _exchange(value: Json, place: Path, source: random.Random) -> None:
    """Put a copy of a value that stands elsewhere here: the right kind of thing, in the wrong place."""
    other = source.choice(list(_places(value)))
    _holder(value, place)[place[-1]] = copy.deepcopy(_holder(value, other)[other[-1]])


def _add(value: Json, place: Path, source: random.Random) -> None:
    holder = _holder(value, place)
    what = copy.deepcopy(source.choice(NASTY))
    if isinstance(holder, list):
        holder.insert(source.randrange(len(holder) + 1), what)
    else:
        holder[str(place[-1]) + source.choice(("", "s", " ", "_"))] = what


_VALUE_DAMAGES: list[Callable[[Json, Path, random.Random], None]] = [
    _replace,
    _replace,
    _remove,
    _change,
    _change,
    _exchange,
    _add,
]
