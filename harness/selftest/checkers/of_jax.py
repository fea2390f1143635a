"""JAX's checker: jax.test_util.check_grads, in reverse mode, of first order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.adapters.framework import import_framework
from harness.selftest.checkers.kernel import Kernel

Check = Callable[[], bool]


def checks(kernel: Kernel) -> dict[str, Check]:
    """Return JAX's checker of ``kernel`` at its defaults."""
    jax = import_framework("jax", hint="install it with: pip install jax==0.10.2")
    jax.config.update("jax_enable_x64", True)
    test_util = import_framework("jax.test_util", hint="it comes with jax")
    given = kernel.x
    output = jax.ShapeDtypeStruct(kernel.output_shape, given.dtype)
    entry = jax.ShapeDtypeStruct(given.shape, given.dtype)

    @jax.custom_vjp  # type: ignore[untyped-decorator] # JAX is not installed where types are checked
    def custom(x: Any) -> Any:
        return jax.pure_callback(lambda a: kernel.forward(np.asarray(a)), output, x)

    def forward(x: Any) -> Any:
        return custom(x), x

    def backward(x: Any, cotangent: Any) -> Any:
        return (jax.pure_callback(lambda a, v: kernel.backward(np.asarray(a), np.asarray(v)), entry, x, cotangent),)

    custom.defvjp(forward, backward)

    def check_grads() -> bool:
        try:
            test_util.check_grads(custom, (jax.numpy.asarray(given),), order=1, modes=["rev"])
        except AssertionError:
            return False
        return True

    return {"jax.test_util.check_grads": check_grads}
