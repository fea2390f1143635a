"""How the plugin is told which adapters, which interpreters, and which folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.adapters.registry import BUILT_IN, AdapterFault, is_path, load
from harness.layout import Layout
from harness.plan.kept import Kept
from harness.vocabulary import DType, Op


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's options to pytest's."""
    group = parser.getgroup("harness", "softmax cases in YAML")
    group.addoption(
        "--harness-adapters",
        metavar="NAMES",
        default=None,
        help="Adapters to judge, separated by commas: names, or files with an adapter of your own; each must run. By "
        "default all built-in ones, and one that cannot run is skipped.",
    )
    group.addoption(
        "--harness-environments",
        metavar="DIR",
        type=Path,
        default=Path(".tox"),
        help="tox's folder, with an environment per framework (default: .tox; HARNESS_PYTHON_<NAME> goes first).",
    )
    group.addoption(
        "--harness-reports",
        metavar="DIR",
        type=Path,
        default=Path("reports/pytest"),
        help="Where the plan and the recordings are kept, so that another run takes them up (default: reports/pytest).",
    )
    parser.addini("harness_cases", "Folders whose YAML files are cases (default: cases).", type="paths")


def pytest_configure(config: pytest.Config) -> None:
    """Make adapters, ops and dtypes known as markers, for ``-m "torch and float16"``."""
    for kind, names in (("adapter", BUILT_IN), ("op", map(str, Op)), ("dtype", map(str, DType))):
        for name in names:
            config.addinivalue_line("markers", f"{name}: problems of a YAML case with this {kind}")
    config.stash[OPTIONS] = Options.of(config)
    config.stash[KEPT] = Kept(Layout(config.stash[OPTIONS].reports).planned)
    for name in config.stash[OPTIONS].adapters.keys() - set(BUILT_IN):
        config.addinivalue_line("markers", f"{name}: problems of a YAML case with this adapter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for: adapters by name, with what names or holds them; whether one that did not run fails."""

    adapters: dict[str, str]
    required: bool
    environments: Path
    reports: Path

    @classmethod
    def of(cls, config: pytest.Config) -> Options:
        """Return the options of this run. Raise :class:`pytest.UsageError` where an adapter has no such name."""
        named: str | None = config.getoption("harness_adapters")
        names = BUILT_IN if named is None else tuple(name.strip() for name in named.split(",") if name.strip())
        root = config.rootpath
        try:
            adapters = {load(name).name if is_path(name) else name: name for name in names}
            for name in adapters.values():
                load(name)
        except AdapterFault as error:
            raise pytest.UsageError(f"--harness-adapters: {error}") from None
        return cls(
            adapters=adapters,
            required=named is not None,
            environments=root / config.getoption("harness_environments"),
            reports=root / config.getoption("harness_reports"),
        )


OPTIONS = pytest.StashKey[Options]()
KEPT = pytest.StashKey[Kept]()  # what case files came to in this session and in those before it
