"""The one way in which files are written: they are on the disk, whole, or they are not there under their names."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes | str) -> None:
    """Write ``content``, texts as UTF-8, to ``path``, replacing what was there only by the whole of it.

    Raise OSError where that cannot be done; what was there is then unchanged, and nothing else is left.
    """
    write_together({path: content})


def write_together(contents: Mapping[Path, bytes | str]) -> None:
    """Write files that belong together: all are on the disk before the first gets its name, in the order given.

    Where there are several, those that were there are removed before that, the last first: killed in between, a process
    leaves some of the old ones or some of the new, and never both; the last is there with all others or not at all.
    Raise OSError where one cannot be written; what was there is then unchanged, and nothing else is left.
    """
    partials = {path: path.with_name(f"{path.name}.{os.getpid()}.partial") for path in contents}
    for path in contents:
        remove_left_behind(path)
    try:
        for path, content in contents.items():
            with partials[path].open("wb") as file:
                file.write(content.encode("utf-8") if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
        for path in contents:
            if path.is_dir():  # found out before anything is removed
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        for path in reversed(list(contents)) if len(contents) > 1 else ():
            path.unlink(missing_ok=True)
        for path, partial in partials.items():
            partial.replace(path)
    except BaseException:  # an interruption, too, leaves nothing
        for partial in partials.values():
            with suppress(OSError):  # the error that matters is the one on its way
                partial.unlink(missing_ok=True)
        raise


def remove_left_behind(path: Path) -> None:
    """Remove what processes that were killed while they wrote ``path`` have left of it."""
    for partial in path.parent.glob(f"{path.name}.*.partial"):
        number = partial.name.removeprefix(f"{path.name}.").removesuffix(".partial")
        if number.isdecimal() and not is_alive(int(number)):
            with suppress(OSError):  # it is in nobody's way
                partial.unlink()


def is_alive(process: int) -> bool:
    """Whether a process of this number is running, be it somebody else's."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
