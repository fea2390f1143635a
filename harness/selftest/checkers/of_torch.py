"""PyTorch's checkers: gradcheck, slow and fast, and the habit of comparing the gradients of two sums."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from harness.adapters.framework import import_framework
from harness.selftest.checkers.kernel import Kernel

Check = Callable[[], bool]  # whether the kernel is accepted


def checks(kernel: Kernel) -> dict[str, Check]:
    """Return PyTorch's checkers of ``kernel``, each at its defaults."""
    torch = import_framework("torch", hint="install it with: pip install torch==2.13.0")

    class Custom(torch.autograd.Function):  # type: ignore[misc, name-defined] # PyTorch is not installed where types are checked
        @staticmethod
        def forward(context: Any, x: Any) -> Any:
            context.save_for_backward(x)
            return torch.from_numpy(kernel.forward(x.detach().numpy()))

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
        def backward(context: Any, cotangent: Any) -> Any:
            (x,) = context.saved_tensors
            return torch.from_numpy(kernel.backward(x.detach().numpy(), cotangent.numpy()))

    def gradcheck(**options: bool) -> bool:
        x = torch.from_numpy(kernel.x).requires_grad_()
        torch.manual_seed(0)  # fast mode projects on random vectors
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # in single precision it warns, and goes on
            return bool(torch.autograd.gradcheck(Custom.apply, (x,), raise_exception=False, **options))

    def sums() -> bool:
        x = torch.from_numpy(kernel.x).requires_grad_()
        Custom.apply(x).sum().backward()
        try:
            torch.testing.assert_close(x.grad, torch.from_numpy(kernel.right_gradient_of_sum()))
        except AssertionError:
            return False
        return True

    return {
        "torch.autograd.gradcheck": gradcheck,
        "torch.autograd.gradcheck, fast mode": partial(gradcheck, fast_mode=True),
        "y.sum().backward(), assert_close": sums,
    }
