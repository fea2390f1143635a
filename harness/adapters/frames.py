"""Where in an adapter's own lines something went wrong: what its author can mend, no harness and no framework."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.adapters.source import belongs, is_machinery

_HARNESS = Path(__file__).resolve().parents[1]
_SHOWN = 4  # lines of one traceback that are named in a sentence: the innermost ones
_WIDTH = 100  # characters of a line of source that are shown there


def trimmed_traceback(error: BaseException, *, file: Path) -> str:
    """Return what an adapter's author has to see of ``error``: of its traceback the lines of ``file``, and beside it.

    Where there are none (a method is inherited, the file is no Python) all but the frames of the harness are shown.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not is_machinery(frame.filename)]
    own = [frame for frame in frames if _is_own(frame, file)]
    outside = [frame for frame in frames if not Path(frame.filename).resolve().is_relative_to(_HARNESS)]
    text = "".join(traceback.format_list(own or outside) + traceback.format_exception_only(error))
    return text.rstrip()


def own_lines(error: BaseException, *, file: Path, code: Callable[..., Any]) -> str:
    """Say in one line which lines of ``file``, and beside it, ``error`` came through, the innermost first.

    Where it came through none, since what ``code`` returned was refused, that is where to look.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame, file)]
    if not frames:
        return _definition(code)
    places = [f"{Path(frame.filename).name}:{frame.lineno}, in {frame.name}: {_cut(frame)}" for frame in frames]
    return ", called from ".join(place.removesuffix(": ") for place in places[: -_SHOWN - 1 : -1])


def _is_own(frame: traceback.FrameSummary, file: Path) -> bool:
    path = Path(frame.filename).resolve()
    return belongs("", path, folder=file.resolve().parent) and not path.is_relative_to(_HARNESS)


def _cut(frame: traceback.FrameSummary) -> str:
    line = (frame.line or "").strip()
    return line if len(line) <= _WIDTH else line[: _WIDTH - 3] + "..."


def _definition(code: Callable[..., Any]) -> str:
    try:
        found = inspect.unwrap(code).__code__
    except (AttributeError, ValueError):
        return ""
    return f"{Path(found.co_filename).name}:{found.co_firstlineno}, in {found.co_name}"
