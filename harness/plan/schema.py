"""The JSON Schema of case files and ledgers, for editors: made from the models that check the files."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from harness.plan.case import CaseFile, LedgerFile


def schema_text() -> str:
    """Return the JSON Schema (draft 2020-12), as it stands in ``cases/schema.json``."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A case file or a ledger of softmax-harness",
        **TypeAdapter(CaseFile | LedgerFile).json_schema(),
    }
    return json.dumps(_without_clutter(schema), indent=2, ensure_ascii=False) + "\n"


def _without_clutter(node: Any, *, names: bool = False) -> Any:
    """Leave out titles that repeat a key, and the null defaults of keys that may be left out but not be empty."""
    if isinstance(node, list):
        return [_without_clutter(item) for item in node]
    if not isinstance(node, dict):
        return node
    clutter = {
        key
        for key, value in node.items()
        if not names and ((key == "default" and value is None) or (key == "title" and "$schema" not in node))
    }
    return {
        key: _without_clutter(value, names=key in ("properties", "$defs") and not names)
        for key, value in node.items()
        if key not in clutter
    }
