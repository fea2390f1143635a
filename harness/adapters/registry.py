"""Find an adapter by its name, or in a file from outside the project: a class, or plain functions."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

from harness.adapters.contract import Adapter, FrameworkUnavailable
from harness.adapters.frames import trimmed_traceback
from harness.adapters.functions import FunctionFault, adapter_of
from harness.adapters.source import (
    belongs,
    execute,
    executed_digest,
    import_from_source,
    loaded_libraries,
    module_from_source,
    resolved,
)
from harness.vocabulary import DType, Mode, Op

BUILT_IN = ("reference", "mxnet", "torch", "jax")
_HARNESS = Path(__file__).resolve().parents[1]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class AdapterFault(Exception):
    """An adapter cannot be loaded; the text says whose fault it is and what to do."""


def is_path(spec: str) -> bool:
    """Tell whether ``spec`` is meant as the path of an adapter's file."""
    return spec.endswith(".py") or "/" in spec


def default_name(spec: str) -> str:
    """Return the name under which ``spec`` is filed before its class has been seen."""
    return Path(spec).stem if is_path(spec) else spec


def load(spec: str) -> type[Adapter]:
    """Return the adapter class that ``spec`` names: a built-in name, or the path of a ``.py`` file with one adapter.

    A file with functions named after ops, and no class, gets one made of them (:mod:`harness.adapters.functions`).
    Raise :class:`AdapterFault` where there is none. The framework is not imported: that is the constructor's part. The
    adapter, and from then on what it imports from beside it, runs from its source, never from a cache of bytecode.
    """
    if is_path(spec):
        return _only_adapter(_execute(Path(spec)), spec)
    if spec not in BUILT_IN:
        close = difflib.get_close_matches(spec, BUILT_IN, n=1, cutoff=0.5)
        meant = f"did you mean {close[0]!r}? " if close else ""
        raise AdapterFault(
            f"there is no adapter {spec!r}: {meant}give one of {', '.join(BUILT_IN)}, or the path of a .py file"
        )
    import_from_source(Path(__file__).parent)
    return _only_adapter(importlib.import_module(f"harness.adapters.{spec}"), spec)


def source_file(adapter: type[Adapter]) -> Path:
    """Return the file that defines ``adapter``."""
    return Path(inspect.getfile(adapter)).resolve()


def source_digest(adapter: type[Adapter]) -> str:
    """Return the SHA-256 of the adapter's source: its file, and what has been loaded of what belongs to it.

    It is of the very bytes that run, where :func:`load` had them run, whatever the files have become since. Shared
    libraries beside an adapter from outside are a part of it.
    """
    digest = hashlib.sha256()
    for file, own in sorted(source_files(adapter).items()):
        digest.update(f"{file.parent.name}/{file.name}".encode() + b"\0")
        digest.update(bytes.fromhex(own))
    return digest.hexdigest()


def source_files(adapter: type[Adapter]) -> dict[Path, str]:
    """Return the files that :func:`source_digest` is of, each with its SHA-256.

    The harness is no part of an adapter from outside, wherever that lies: what it does is recorded on its own.
    """
    own = source_file(adapter)
    outside = not own.is_relative_to(_HARNESS)
    digests: dict[Path, str | None] = {own: None}
    for name, module in list(sys.modules.items()):
        file = resolved(Path(getattr(module, "__file__", None) or "/"))
        if outside and file.is_relative_to(_HARNESS):
            continue
        if file == own or (belongs(name, file, folder=own.parent) and file.is_file()):
            digests[file] = executed_digest(module) or digests.get(file)
    if adapter.name not in BUILT_IN:
        digests |= dict.fromkeys(loaded_libraries(own.parent) - digests.keys())
    return {file: digest or hashlib.sha256(file.read_bytes()).hexdigest() for file, digest in digests.items()}


def _execute(path: Path) -> ModuleType:
    if path.is_dir():
        raise AdapterFault(f"{path}: this is a folder: give the path of a .py file that holds one adapter")
    if not path.is_file():
        raise AdapterFault(f"{path}: there is no such file: give the path of a .py file that holds one adapter")
    if path.suffix != ".py":
        raise AdapterFault(f"{path}: not a Python file: give the path of a .py file that holds one adapter")
    name = f"outside_adapter_{path.stem}"
    import_from_source(path.resolve().parent)
    module = module_from_source(name, path)
    sys.modules[name] = module  # dataclasses look their module up there
    sys.path.append(str(path.parent.resolve()))  # last: a file beside the adapter may be imported, never shadow others
    try:
        execute(module)
    except FrameworkUnavailable:
        raise
    except Exception as error:
        del sys.modules[name]
        shown = trimmed_traceback(error, file=path)
        raise AdapterFault(f"{path}: the adapter's file does not run; its author has to mend it:\n{shown}") from error
    return module


def _only_adapter(module: ModuleType, spec: str) -> type[Adapter]:
    found = [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Adapter) and value.__module__ == module.__name__
    ]
    if not found and is_path(spec):
        found = _of_functions(module, spec)
    if len(found) != 1:
        names = ", ".join(cls.__name__ for cls in found) or "none"
        raise AdapterFault(
            f"{spec}: expected exactly one class derived from harness.adapters.contract.Adapter, or functions named "
            f"after ops (softmax, softmax_vjp ...), found {names}: give each adapter a file of its own"
        )
    (adapter,) = found
    missing = sorted(getattr(adapter, "__abstractmethods__", ()))
    missing += [word for word in ("name", "modes") if not hasattr(adapter, word)]
    if missing:
        raise AdapterFault(
            f"{spec}: class {adapter.__name__} lacks {', '.join(missing)}: see harness/adapters/README.md"
        )
    if not isinstance(adapter.name, str) or not _NAME.fullmatch(adapter.name):
        raise AdapterFault(f"{spec}: name = {adapter.name!r} cannot name a folder: use letters, digits, '.', '_', '-'")
    if is_path(spec) and adapter.name in BUILT_IN:
        raise AdapterFault(f"{spec}: name = {adapter.name!r} is that of a built-in adapter: choose another")
    if not adapter.modes:
        raise AdapterFault(f"{spec}: modes is empty: name at least one, the default first, e.g. (Mode.EAGER,)")
    for word, kind in (("modes", Mode), ("ops", Op), ("dtypes", DType), ("devices", str)):
        declared = getattr(adapter, word)
        if not isinstance(declared, tuple) or not declared or not all(isinstance(each, kind) for each in declared):
            raise AdapterFault(f"{spec}: {word} = {declared!r}: expected a tuple of {_MEMBERS[word]}, not empty")
    return adapter


_MEMBERS = {"modes": "members of Mode", "ops": "members of Op", "dtypes": "members of DType", "devices": "texts"}


def _of_functions(module: ModuleType, spec: str) -> list[type[Adapter]]:
    try:
        adapter = adapter_of(module, stem=Path(spec).stem)
    except FunctionFault as error:
        where = spec if error.line is None else f"{spec}:{error.line}"
        raise AdapterFault(f"{where}: {error}") from None
    return [] if adapter is None else [adapter]
