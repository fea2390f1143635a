from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import reference

README = Path(reference.__file__).parent / "README.md"


def test_the_example_of_the_readme_runs_and_the_forums_digits_are_within_their_bounds() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 (the text under test)
    assert (names["judged"].share(names["got"], of="float32") <= 1).all()
