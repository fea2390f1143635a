"""Disks that are too small or take nothing, made for a test: a tmpfs where it may be mounted, limits where not."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SIZE = 8 << 20  # bytes of the small disk


@contextmanager
def small_disk(folder: Path, *, size: int = SIZE) -> Iterator[Path]:
    """Yield a folder on a disk of its own, of ``size`` bytes; skip the test where none may be mounted."""
    folder.mkdir(parents=True)
    done = _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    if done.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Make ``folder`` one that nobody can write to: root, too, by a read-only mount; others by its permissions."""
    if os.geteuid() != 0:
        folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
        for each in folders:
            each.chmod(0o555)
        try:
            yield
        finally:
            for each in folders:
                each.chmod(0o755)
        return
    done = _mount("--bind", str(folder), str(folder))
    if done.returncode != 0:
        pytest.skip(f"root can write everywhere, and a read-only mount is refused here: {done.stderr.strip()}")
    try:
        done = _mount("-o", "remount,ro,bind", str(folder))
        if done.returncode != 0:
            pytest.skip(f"a read-only mount is refused here: {done.stderr.strip()}")
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path, *, free: int) -> Path:
    """Fill a disk but for about ``free`` bytes; return the file that takes the room."""
    ballast = disk / "ballast"
    room = os.statvfs(disk)
    count = max(0, room.f_bavail * room.f_frsize - free)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(count, 1))
    return ballast


class FilesUpTo:
    """Before a verb starts: no file may become larger than ``size`` bytes, as on a disk that is full beyond that."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self) -> None:
        """Set the limit in the process that is about to become the verb."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _mount(*arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        return subprocess.CompletedProcess(arguments, 1, "", str(error))
