"""PyTorch's checkers of ``torch.softmax``: gradcheck, slow and fast."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.adapters.framework import import_framework

Check = Callable[[NDArray[Any]], bool]  # whether the softmax of these logits, along the last axis, is accepted


def checks() -> dict[str, Check]:
    """Return PyTorch's checkers, each at its defaults."""
    torch = import_framework("torch", hint="install it with: pip install torch==2.13.0")
    torch.set_num_threads(1)  # as the adapter does: these are small calls

    def gradcheck(logits: NDArray[Any], **options: bool) -> bool:
        x = torch.from_numpy(np.array(logits)).requires_grad_()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # in single precision it warns, and goes on
            return bool(torch.autograd.gradcheck(_softmax, (x,), raise_exception=False, **options))

    def _softmax(x: Any) -> Any:
        return torch.softmax(x, -1)

    return {
        "torch.autograd.gradcheck": gradcheck,
        "torch.autograd.gradcheck, fast mode": lambda logits: gradcheck(logits, fast_mode=True),
    }
