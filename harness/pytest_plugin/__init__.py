"""``pytest cases/``: every problem of a YAML case, for every adapter, as a test item of its own.

::

    options    how the plugin is told which adapters, which interpreters, which folder
    collect    case files to items: a problem and an adapter, a case as a whole, an entry of the ledger
    session    what the items ask: planned, recorded and compared once, as the verbs do it
    outcome    verdicts and findings to what pytest knows: passed, failed, skipped, xfailed

Nothing is judged here. The items are what was selected, and their outcome is read off a comparison that was made by
the stages of the pipeline.
"""

from __future__ import annotations

from harness.pytest_plugin.collect import pytest_collect_file, pytest_collection_finish
from harness.pytest_plugin.options import pytest_addoption, pytest_configure

__all__ = ["pytest_addoption", "pytest_collect_file", "pytest_collection_finish", "pytest_configure"]
