"""``python -m harness`` is the same as ``harness``."""

from __future__ import annotations

from harness.cli import main

main()
