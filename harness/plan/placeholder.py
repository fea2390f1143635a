"""What stands in a pasted entry of the ledger where a person has to write: no entry may keep it."""

from __future__ import annotations

from typing import Final

from pydantic_core import PydanticCustomError

OWNER: Final = "upstream, design or ours"
WHY: Final = "say why this happens, and how you know"
LINK: Final = "https://example.org/the-report-of-it"

_INSTEAD: Final = {
    WHY: "write one or two sentences that say why it happens",
    LINK: "give the address at which it was reported or is documented",
}
_TO_DO: Final = ("todo", "tbd", "fixme", "xxx")


def written(text: str) -> str:
    """Return ``text``, which somebody has written. Raise PydanticCustomError for what was to be written over."""
    if text in _INSTEAD:
        words = {"what": "this is what was to be written over", "instead": _INSTEAD[text]}
        raise PydanticCustomError("placeholder", "{what}", words)
    if text.strip(" .:!?").lower() in _TO_DO:
        words = {
            "what": f"{text!r} says nothing yet",
            "instead": "write what is known, or let the finding fail the run",
        }
        raise PydanticCustomError("placeholder", "{what}", words)
    return text
