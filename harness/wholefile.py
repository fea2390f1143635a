"""The one way in which a file is written: it is on the disk, whole, or it is not there under its name."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes | str) -> None:
    """Write ``content``, texts as UTF-8, to ``path``, replacing what was there only by the whole of it.

    Raise OSError where that cannot be done; what was there is then unchanged, and nothing else is left.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with suppress(OSError):  # the error that matters is the one on its way
            partial.unlink(missing_ok=True)
        raise
