from __future__ import annotations

import pytest

from harness.adapters.mxnet import hint


@pytest.mark.parametrize(("python", "packages"), [((3, 11), "numpy==1.23.5"), ((3, 12), "numpy==1.26.4")])
def test_the_hint_for_mxnet_names_the_numpy_that_this_python_can_have(python: tuple[int, int], packages: str) -> None:
    assert f"pip install mxnet==1.9.1 {packages}" in hint(python, numpy="2.4.6")


@pytest.mark.parametrize("python", [(3, 13), (3, 14)])
def test_where_mxnet_cannot_be_had_no_packages_are_named(python: tuple[int, int]) -> None:
    said = hint(python, numpy="2.4.6")
    assert "pip install" not in said
    assert "record it with Python 3.11 or 3.12" in said
