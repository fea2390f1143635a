"""Where judgements are kept: one SQLite file, in which every entry has a checksum of its own.

An entry is bytes under a key that says all that decided them. So an entry is right or it is damaged, never out of date;
and a file that cannot be used costs time, and no verdict.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

LARGEST: Final = 256 << 20  # bytes of all entries; those of the last run stay, whatever they need
_APPLICATION, _VERSION = 0x50F7AC, 1  # what SQLite's header says of the file: another one is not ours to read
_UNSAVED: Final = 64  # entries that a killed run may lose
_PATIENCE = 10.0  # seconds that another run may take to write its own
_OUTSIDE: Final = (  # errors that say nothing of the file's content
    *(sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY),
    *(sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL),
)
_UNUSABLE: Final = (sqlite3.Error, TypeError, ValueError, OverflowError)  # damaged, a number may read as anything
_TABLE = "CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, sum BLOB, used INTEGER, size INTEGER, value BLOB)"


class Cabinet:
    """The entries in the file ``path``, which is made where there is none.

    ``note`` is told, once, where the file cannot be used; nothing is found in it then, and nothing is kept. Where
    ``fresh``, nothing is found, and everything is kept anew. Two runs may use one file at the same time.
    """

    def __init__(self, path: Path, *, note: Callable[[str], None], fresh: bool = False, largest: int = LARGEST) -> None:
        self._path = path
        self._note = note
        self._fresh = fresh
        self._largest = largest
        self._found: list[bytes] = []
        self._unsaved: list[tuple[bytes, bytes]] = []
        self._noted = False
        self._file: sqlite3.Connection | None = None
        self._now = 1  # the number of this run: higher than that of every earlier one
        self._open()

    def find(self, key: str) -> bytes | None:
        """Return what is kept under ``key``, 64 hexadecimal digits; None where nothing is, or it is damaged."""
        name = bytes.fromhex(key)
        if self._file is None or self._fresh:
            return None
        try:
            row = self._file.execute("SELECT sum, value FROM kept WHERE key = ?", (name,)).fetchone()
        except _UNUSABLE as error:
            self._lose(error)
            return None
        if row is None:
            return None
        checksum, value = row
        if not isinstance(value, bytes) or checksum != _checksum(name, value):
            self._say("an entry is damaged")
            return None
        self._found.append(name)
        return value

    def keep(self, key: str, value: bytes) -> None:
        """Keep ``value`` under ``key``."""
        self._unsaved.append((bytes.fromhex(key), value))
        if len(self._unsaved) >= _UNSAVED:
            self._save()

    def close(self) -> None:
        """Write what is not written yet, and let the oldest entries go where there are too many.

        Which entries were used is written where it will soon matter: to do so changes nearly every page of the file.
        """
        self._save()
        if self._file is None:
            return
        try:
            with self._file as file:
                if _size(file) > self._largest // 2:
                    used = [(self._now, key) for key in self._found]
                    file.executemany("UPDATE kept SET used = ? WHERE key = ?", used)
                    self._shed(file)
        except _UNUSABLE as error:
            self._lose(error)
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = sqlite3.connect(self._path, timeout=_PATIENCE)
        except (sqlite3.Error, OSError) as error:
            self._say(str(error))
            return
        try:
            file.execute("PRAGMA synchronous = NORMAL")
            file.execute("BEGIN IMMEDIATE")  # else another run sees a file half made, and takes it for a strange one
            made = tuple(file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
            empty = not file.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            if not empty and made != (_APPLICATION, _VERSION):
                file.close()
                self._begin_anew("it is not a file of this harness and version")
                return
            with file:
                file.execute(f"PRAGMA application_id = {_APPLICATION}")
                file.execute(f"PRAGMA user_version = {_VERSION}")
                file.execute(_TABLE)
            self._now = (file.execute("SELECT max(used) FROM kept").fetchone()[0] or 0) + 1
            self._file = file
        except _UNUSABLE as error:
            file.close()
            self._lose(error)

    def _save(self) -> None:
        unsaved, self._unsaved = self._unsaved, []
        if self._file is None or not unsaved:
            return
        rows = [(key, _checksum(key, value), self._now, len(value), value) for key, value in unsaved]
        try:
            with self._file as file:
                file.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?)", rows)
        except _UNUSABLE as error:
            self._lose(error)

    def _shed(self, file: sqlite3.Connection) -> None:
        """Remove the entries that were not used for longest, until the rest is small enough."""
        excess = (file.execute("SELECT sum(size) FROM kept").fetchone()[0] or 0) - self._largest
        if excess <= 0:
            return
        old = file.execute("SELECT rowid, size FROM kept WHERE used < ? ORDER BY used, rowid", (self._now,)).fetchall()
        gone = []
        for number, size in old:
            if excess <= 0:
                break
            gone.append((number,))
            excess -= size
        file.executemany("DELETE FROM kept WHERE rowid = ?", gone)

    def _lose(self, error: Exception) -> None:
        """Go on without the file; begin another one where this one is damaged."""
        if self._file is not None:
            with suppress(sqlite3.Error):
                self._file.close()
            self._file = None
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _OUTSIDE:  # the higher bits say more of where
            self._say(str(error))
        else:
            self._begin_anew(str(error))

    def _begin_anew(self, why: str) -> None:
        repeated = self._noted
        self._say(why)
        if repeated:
            return
        try:
            for suffix in ("", "-journal"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        except OSError:
            return
        self._open()

    def _say(self, why: str) -> None:
        if not self._noted:
            self._noted = True
            self._note(f"{self._path}: what earlier runs judged cannot be used, and is judged again: {why}")


def _size(file: sqlite3.Connection) -> int:
    """Return the bytes of the file, which are more than those of all entries."""
    pages, of_each = (int(file.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "page_size"))
    return pages * of_each


def _checksum(key: bytes, value: bytes) -> bytes:
    return hashlib.sha256(key + value).digest()
