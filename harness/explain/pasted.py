"""What stands around the numbers of a text that somebody pasted, and what that says of them: who printed it, the dtype.

Frameworks print fewer digits than their numbers have. PyTorch prints a fixed number of them, four by default; NumPy,
and with it JAX and MXNet, the shortest decimals that tell a number from its neighbours, but eight after the point at
most. A list, as ``tolist()`` gives it and JSON writes it, holds every digit.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

_KEYWORDS: Final = r"(?:,\s*[a-z_]+=[^\[\]]*)?"  # dtype=float32; grad_fn=<MulBackward0>
_PRINTED: Final = re.compile(  # array([1., 2.], dtype=float32); tensor([0.], grad_fn=<MulBackward0>)
    rf"(?P<name>\s*(?:Parameter containing:\s*)?(?:\w+\.)*(?:array|tensor|Array)\()(?P<array>.*?){_KEYWORDS}\)\s*",
    re.DOTALL,
)
_OF_MXNET: Final = re.compile(r"\s*<NDArray [^>]*>\s*$")
_DTYPE: Final = r"(?:float|int|uint|bfloat|complex)[0-9]+"
_ALONE: Final = re.compile(  # np.float32(0.1), tensor(0.1000), Array(2., dtype=float32): one number of a list
    rf"(?P<name>(?:\b\w+\.)*\b(?:tensor|Array|array|{_DTYPE})\()(?P<number>[^\s,()\[\]]+)"
    r"(?P<rest>(?:,\s*[a-z_]+=[^\s,()\[\]]*)*\))"
)
_SAID: Final = re.compile(rf"\bdtype=(?:\w+\.)*(\w+)|\b({_DTYPE})\(")
_NUMBERS: Final = re.compile(r"[^\s,\[\]()]+")


class Style(Enum):
    """Who wrote an array, by what its text looks like."""

    LIST = auto()  # a list of Python or JSON, or one number: with all digits
    NUMPY = auto()
    TORCH = auto()


def style_of(text: str) -> Style:
    """Return who wrote an array: NumPy prints for JAX and MXNet as well, and without commas for ``print``."""
    if re.search(r"\btensor\(", text):
        return Style.TORCH
    if re.search(r"\b[aA]rray\(", text) or _OF_MXNET.search(text):
        return Style.NUMPY
    several = len(_NUMBERS.findall(text)) > 1
    return Style.NUMPY if several and "," not in text else Style.LIST


def dtypes_said(text: str) -> tuple[str, ...]:
    """Return the names of the dtypes that a text speaks of, each once; none where it is a default."""
    return tuple(dict.fromkeys(keyword or alone for keyword, alone in _SAID.findall(text)))


def bare(text: str) -> str:
    """Return ``text`` without what a framework prints around arrays and numbers; all characters keep their places."""
    printed = _PRINTED.fullmatch(text)
    if printed is not None:
        return " " * len(printed["name"]) + printed["array"]
    return _ALONE.sub(_number_alone, _OF_MXNET.sub("", text))


def nested(text: str, depth: int) -> str:
    """Return the text of an array in ``depth`` more brackets, with what a framework printed still around it."""
    printed, mxnet = _PRINTED.fullmatch(text), _OF_MXNET.search(text)
    first, last = 0, len(text)
    if printed is not None:
        first, last = printed.span("array")
    elif mxnet is not None:
        last = mxnet.start()
    return text[:first] + "[" * depth + text[first:last] + "]" * depth + text[last:]


def _number_alone(found: re.Match[str]) -> str:
    return " " * len(found["name"]) + found["number"] + " " * len(found["rest"])
