"""A seal on a JSON object: a digest of all else that it holds, so that a value changed on the disk is not believed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_KEY = "seal"


def sealed(value: dict[str, Any]) -> dict[str, Any]:
    """Return ``value`` with its seal."""
    return {**value, _KEY: _digest(value)}


def seal_holds(value: dict[str, Any]) -> bool:
    """Whether ``value`` is what was sealed; what has no seal, as older files have none, is believed."""
    return _KEY not in value or value[_KEY] == _digest({key: item for key, item in value.items() if key != _KEY})


def _digest(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
