"""How much is tried: a little by default, and as much as the environment asks for (README.md beside this file)."""

from __future__ import annotations

import os
import random


def rounds(default: int = 2) -> range:
    """Return the rounds of each kind of disturbance."""
    return range(int(os.environ.get("HARNESS_ROUNDS", default)))


def mutants(default: int, *, of: str) -> int:
    """Return how many damaged files are tried, of the kind that ``of`` names: CASES, RECORDINGS or PLANS."""
    return int(os.environ.get(f"HARNESS_MUTATED_{of}", default))


def chance(*words: object) -> random.Random:
    """Return a source of moments, places and numbers that is the same in every run."""
    return random.Random(" ".join(map(str, words)))  # noqa: S311 - no secret
