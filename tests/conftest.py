"""What holds for all tests: none is timed, since machines are shared, and a property is no less true on a busy one."""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("hypothesis") is not None:  # the environment in which the page is looked at has none
    from hypothesis import settings

    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")
