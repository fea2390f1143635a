"""Memory that a process shares with one that it starts, by a file descriptor."""

from __future__ import annotations

import os
from tempfile import TemporaryFile


def new_memory(name: str) -> int:
    """Return the descriptor of new memory, or of a file without a name where the system has no such memory.

    ``name`` is what the system shows it by.
    """
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name)
    with TemporaryFile() as file:
        return os.dup(file.fileno())
