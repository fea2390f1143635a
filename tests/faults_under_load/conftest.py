from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.faults_under_load.workplace import CASES, Workplace

VERBS = ("plan", "record", "compare", "report")


@pytest.fixture(scope="session", autouse=True)
def heeded() -> Iterator[None]:
    """Have what is started heed Ctrl-C: in the background of a shell it would not, and rightly so."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Workplace]:
    """Return, by verb, a place in which all verbs before it have run undisturbed; by ``whole``, all verbs."""
    folder = tmp_path_factory.mktemp("stages")
    (folder / "cases.yaml").write_text(CASES)
    place = Workplace(folder / "plan", cases=folder / "cases.yaml")
    found = {}
    for verb, following in zip(VERBS, (*VERBS[1:], "whole"), strict=True):
        found[verb] = place
        place = place.copy(place.folder.parent / following)
        place.through(verb)
    return found | {"whole": place}


@pytest.fixture(scope="session")
def durations(stages: Mapping[str, Workplace], tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, float]:
    """Return how many seconds each verb takes here and now: moments are drawn from them."""
    found = {}
    for verb in VERBS:
        place = stages[verb].copy(tmp_path_factory.mktemp("durations") / verb)
        began = time.monotonic()
        assert place.run(verb).code == 0
        found[verb] = time.monotonic() - began
    return found


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return where a round may work."""
    return tmp_path / "round"
