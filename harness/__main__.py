"""``python -m harness`` is the same as ``harness``."""

from __future__ import annotations

import importlib.util
import sys

from harness.interruption import interruptible

if importlib.util.find_spec("click") is None:
    sys.stderr.write(
        "harness: this interpreter lacks the package 'click': in a checkout, .tox/report/bin/python has every package "
        "that the harness needs, once tox has run; elsewhere, pip install '.[cases,report]' brings them\n"
    )
    raise SystemExit(2)

with interruptible():  # also while it is being imported
    from harness.cli import main

    main()
