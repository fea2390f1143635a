"""What JAX has compiled for a call, kept in a file: the next process need not trace, lower and compile it again.

JAX's own compilation cache is found by the program, which has to be traced and lowered first; that takes four times as
long as to load what is found. Here the name of a file is the digest of all that decides the program: the source of the
adapter, what is compiled into it, the shapes and dtypes of its arguments, and Python. Versions, flags and machine have
a folder of their own (:mod:`harness.record.compiled`). What is kept is the very executable that is called where nothing
is, so results are the same bits.

JAX 0.10 serializes some executables such that they fail when they are called: those that it has itself loaded from its
cache. So one is kept only where, loaded again, it has given the same bits. A file that is cut short or was changed is
not believed, and written anew. Like those of JAX's own cache they hold machine code, and are to be trusted as the
folder is that they lie in.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from harness.adapters.framework import import_framework

_ENDING: Final = ".executable"
_DIGEST: Final = hashlib.sha256().digest_size  # bytes, before what they are the digest of
_NEVER: Final = 1e9  # seconds
_LEAST: Final = "jax_persistent_cache_min_compile_time_secs"

Compiled = Callable[..., Any]
Arguments = tuple[Any, ...]  # arrays, of NumPy or JAX, or None


class Kept:
    """The executables of this process, and those in ``folder``; where that is None, nothing is kept.

    ``source`` says of the functions what else decides what they compute.
    """

    def __init__(self, jax: Any, *, folder: Path | None, source: str) -> None:
        self._jax, self._folder = jax, folder
        self._of = f"{source} {sys.version}"
        self._here: dict[tuple[Any, ...], Compiled] = {}

    def compiled(self, function: Compiled, arguments: Arguments, *, name: object) -> Compiled:
        """Return ``function``, of ``jax.jit``, compiled for arguments like these; ``name`` tells it from others.

        It is a text, or whatever has an own one. Raise whatever the function raises when it is traced.
        """
        here = (function, *[None if array is None else (array.shape, array.dtype) for array in arguments])
        if (known := self._here.get(here)) is not None:
            return known
        kinds = [None if array is None else (array.shape, array.dtype.name) for array in arguments]
        asked = f"{name} {kinds}"
        self._here[here] = self._found(asked, arguments) or self._made(asked, function, arguments)
        return self._here[here]

    def clear(self) -> None:
        """Forget the executables of this process."""
        self._here.clear()

    def _found(self, asked: str, arguments: Arguments) -> Compiled | None:
        if self._folder is None:
            return None
        try:
            content = self._file(self._folder, asked).read_bytes()
            payload = content[_DIGEST:]
            if hashlib.sha256(payload).digest() != content[:_DIGEST]:
                return None
            return self._loaded(payload, arguments)
        except Exception:  # it is not there, or no executable here, for whatever reason: it is made
            return None

    def _made(self, asked: str, function: Any, arguments: Arguments) -> Compiled:
        with self._without_own_cache():
            made: Compiled = function.lower(*arguments).compile()
        if self._folder is not None:
            with suppress(Exception):  # some cannot be serialized, or a disk is full: they are made the next time too
                payload, _, _ = _serialization().serialize(made)
                if _bits(self._loaded(payload, arguments), arguments) == _bits(made, arguments):
                    _write(self._file(self._folder, asked), hashlib.sha256(payload).digest() + payload)
        return made

    def _loaded(self, payload: bytes, arguments: Arguments) -> Compiled:
        tree = self._jax.tree.structure
        loaded: Compiled = _serialization().deserialize_and_load(payload, tree((arguments, {})), tree(0))
        return loaded

    @contextmanager
    def _without_own_cache(self) -> Iterator[None]:
        """Keep JAX from putting into its own cache what is kept here."""
        before = getattr(self._jax.config, _LEAST)
        self._jax.config.update(_LEAST, _NEVER)
        try:
            yield
        finally:
            self._jax.config.update(_LEAST, before)

    def _file(self, folder: Path, asked: str) -> Path:
        return folder / (hashlib.sha256(f"{self._of} {asked}".encode()).hexdigest() + _ENDING)


def _bits(compiled: Compiled, arguments: Arguments) -> bytes:
    """Return the digest of the bits of a result, which is not kept: two of them may be larger than what is left."""
    result = np.ascontiguousarray(compiled(*arguments))
    return hashlib.sha256(result.reshape(-1).view(np.uint8).data).digest()


def _serialization() -> Any:
    return import_framework("jax.experimental.serialize_executable", hint="it comes with jax")


def _write(path: Path, content: bytes) -> None:
    """Write a file that is there as a whole, unless power is lost; its digest tells."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
