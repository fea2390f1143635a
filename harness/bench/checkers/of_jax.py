"""JAX's checker of ``jax.nn.softmax`` under jit: jax.test_util.check_grads, in reverse mode, of first order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from harness.adapters.framework import import_framework

Check = Callable[[NDArray[Any]], bool]


def checks() -> dict[str, Check]:
    """Return JAX's checker at its defaults."""
    jax = import_framework("jax", hint="install it with: pip install jax==0.10.2")
    jax.config.update("jax_enable_x64", True)  # else it checks float64 in float32
    test_util = import_framework("jax.test_util", hint="it comes with jax")

    @jax.jit  # type: ignore[untyped-decorator] # JAX is not installed where types are checked
    def softmax(x: Any) -> Any:
        return jax.nn.softmax(x, axis=-1)

    def check_grads(logits: NDArray[Any]) -> bool:
        try:
            test_util.check_grads(softmax, (jax.numpy.asarray(logits),), order=1, modes=["rev"])
        except AssertionError:
            return False
        return True

    return {"jax.test_util.check_grads": check_grads}
