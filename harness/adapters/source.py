"""Import an adapter, and what lies beside it, from the source files themselves and never from bytecode kept of them.

Python takes bytecode for that of a source file by the file's size and its time of last change in whole seconds. A file
that is edited and recorded within one second could so run as it was before, under the digest of what it is now.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

_INSTALLED = {"site-packages", "dist-packages"}


def belongs(name: str, file: Path, *, folder: Path) -> bool:
    """Tell whether the module ``name`` of ``file`` is a part of the adapter in ``folder``, both of them resolved.

    What lies beside the adapter or below is. The package ``reference`` counts as beside: it is the framework of the
    adapter of that name. What is installed, perhaps in an environment below, does not: the versions of packages are
    recorded on their own.
    """
    if name.partition(".")[0] == "reference":
        return True
    return file.is_relative_to(folder) and not _INSTALLED & set(file.relative_to(folder).parts)


def resolved(file: Path) -> Path:
    """Return ``file`` without links on its way, as :meth:`pathlib.Path.resolve` does; a folder is looked up once.

    A framework has a thousand modules in some hundred folders, and folders do not move while it is imported.
    """
    linked = file.is_symlink() or not file.is_absolute()
    return file.resolve() if linked else _resolved_folder(file.parent) / file.name


@cache
def _resolved_folder(folder: Path) -> Path:
    return folder.resolve()


def module_from_source(name: str, file: Path) -> ModuleType:
    """Return a module that is still to be executed, by :func:`execute`, from the source in ``file``."""
    path = str(file.absolute())
    spec = importlib.util.spec_from_file_location(name, path, loader=_SourceLoader(name, path))
    assert spec is not None  # noqa: S101  # for the type checker: a loader was given
    return importlib.util.module_from_spec(spec)


def execute(module: ModuleType) -> None:
    """Run the source of a module that :func:`module_from_source` has made."""
    assert isinstance(module.__loader__, _SourceLoader)  # noqa: S101  # for the type checker
    module.__loader__.exec_module(module)


def import_from_source(folder: Path) -> None:
    """From now on, import what belongs to an adapter in ``folder`` from its source."""
    finder = next((each for each in sys.meta_path if isinstance(each, _SourceFinder)), None)
    if finder is None:
        finder = _SourceFinder()
        sys.meta_path.insert(0, finder)
    finder.folders.add(folder.resolve())


def executed_digest(module: ModuleType) -> str | None:
    """Return the SHA-256 of the source that ``module`` was made from; None where its import was not made here."""
    loader = getattr(module, "__loader__", None)
    return loader.digest if isinstance(loader, _SourceLoader) else None


def loaded_libraries(folder: Path) -> set[Path]:
    """Return the shared libraries that this process has loaded from ``folder`` or below, those of packages left out.

    A kernel that is called through ctypes is in no module. Where the system does not say what is loaded, it is none.
    """
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return set()
    mapped = {Path(fields[5]) for line in lines if len(fields := line.split(maxsplit=5)) == 6 and ".so" in fields[5]}
    return {file for file in mapped if belongs("", file, folder=folder) and file.is_file()}


def is_machinery(filename: str) -> bool:
    """Tell whether a frame in ``filename`` is only the way in which a module was imported."""
    return filename.startswith("<frozen importlib") or filename == __file__


class _SourceLoader(SourceFileLoader):
    """Compiles the bytes that it digests, read once; bytecode is neither read nor written."""

    digest: str | None = None

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        source = self.get_data(path)
        self.digest = hashlib.sha256(source).hexdigest()
        code: CodeType = self.source_to_code(source, path)
        return code


class _SourceFinder(MetaPathFinder):
    """Finds what the finders behind it find, and has the modules of adapters loaded from their source."""

    def __init__(self) -> None:
        self.folders: set[Path] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        behind = sys.meta_path[sys.meta_path.index(self) + 1 :]
        found = (finder.find_spec(fullname, path, target) for finder in behind if hasattr(finder, "find_spec"))
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            file = resolved(Path(spec.loader.path))
            if any(belongs(fullname, file, folder=folder) for folder in self.folders):
                spec.loader = _SourceLoader(spec.loader.name, spec.loader.path)
        return spec
