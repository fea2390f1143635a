"""The titles of findings as ``harness verify`` says them, of a framework or of a file of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.adapters.registry import BUILT_IN
from harness.report.ranking import TITLES
from harness.vocabulary import FindingKind

_OWN: Final = {  # there may be no framework in it
    FindingKind.RAISED: "The adapter's file raised an exception",
    FindingKind.IMPLICIT_REFUSED: "No cotangent given: the adapter refuses",
    FindingKind.SHAPE_REFUSED: "The adapter refuses the shape",
}


def titles_of(name: str) -> Mapping[FindingKind, str]:
    """Return the title of each kind of finding about the adapter ``name``."""
    return TITLES if name in BUILT_IN else TITLES | _OWN
