"""JAX, compiled or eager, through ``jax.nn.softmax`` and ``jax.nn.log_softmax``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Adapter, Description
from harness.adapters.framework import import_framework, usable_cpus
from harness.call import Call
from harness.vocabulary import Mode, Op, Quantity

Function = Callable[..., Any]


@final
class JaxAdapter(Adapter):
    """JAX on its default device, with 64-bit types on: without them a float64 array silently becomes float32.

    Compiled calls: one ``jax.jit`` per op, axis and quantity, arrays as arguments, so that equal shapes compile once.
    Eager calls compile each primitive, and their code stays mapped into memory: before a call of another shape
    the caches are cleared, or a few hundred shapes meet the kernel's limit on memory maps.
    """

    name: ClassVar[str] = "jax"
    modes: ClassVar[tuple[Mode, ...]] = (Mode.JIT, Mode.EAGER)

    def __init__(self) -> None:
        self._jax: Any = import_framework("jax", hint="install it with: pip install jax==0.10.2")
        self._jax.config.update("jax_enable_x64", True)
        self._compiled = functools.cache(self._compile)
        self._eager_shape: tuple[Any, ...] | None = None

    def describe(self) -> Description:
        """Return the versions of JAX and jaxlib, and the device."""
        device = self._jax.devices()[0]
        return Description(
            framework="JAX",
            version=self._jax.__version__,
            device=" ".join(dict.fromkeys((device.platform, device.device_kind))),
            threads=usable_cpus(),
            settings={
                "threads": "XLA's own pool, one per usable processor",
                "jaxlib": import_framework("jaxlib", hint="it comes with jax").__version__,
                "jax_enable_x64": str(self._jax.config.jax_enable_x64),
            },
        )

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Return None: JAX has every quantity in both modes."""
        return None

    def forward(self, call: Call) -> NDArray[Any]:
        """Call the op."""
        return self._run(call, Quantity.FORWARD, call.x)

    def vjp(self, call: Call) -> NDArray[Any]:
        """Call ``jax.vjp`` with the cotangent, or ``jax.grad``, which takes none, where none is given."""
        if call.cotangent is None:
            return self._run(call, None, call.x)
        return self._run(call, Quantity.VJP, call.x, call.cotangent)

    def jvp(self, call: Call) -> NDArray[Any]:
        """Call ``jax.jvp``."""
        return self._run(call, Quantity.JVP, call.x, call.tangent)

    def jacobian(self, call: Call) -> NDArray[Any]:
        """Call ``jax.jacrev``."""
        return self._run(call, Quantity.JACOBIAN, call.x)

    def jacobian_method(self) -> str:
        """Name JAX's transformation."""
        return "jax.jacrev (reverse mode)"

    def _run(self, call: Call, quantity: Quantity | None, *arrays: NDArray[Any] | None) -> NDArray[Any]:
        if call.mode is Mode.EAGER:
            shape = (call.op, call.axis, call.dtype, call.x.shape)
            if self._eager_shape not in (None, shape):
                self._jax.clear_caches()
            self._eager_shape = shape
            function = self._function(call.op, call.axis, quantity)
        else:
            function = self._compiled(call.op, call.axis, quantity)
        return np.asarray(function(*map(self._jax.numpy.asarray, arrays)))

    def _compile(self, op: Op, axis: int, quantity: Quantity | None) -> Function:
        compiled: Function = self._jax.jit(self._function(op, axis, quantity))
        return compiled

    def _function(self, op: Op, axis: int, quantity: Quantity | None) -> Function:
        """Return the function of arrays that computes ``quantity``; None stands for a vjp without a cotangent."""
        jax = self._jax
        f = functools.partial(getattr(jax.nn, op.value), axis=axis)
        functions: dict[Quantity | None, Function] = {
            Quantity.FORWARD: f,
            Quantity.VJP: lambda x, cotangent: jax.vjp(f, x)[1](cotangent)[0],
            Quantity.JVP: lambda x, tangent: jax.jvp(f, (x,), (tangent,))[1],
            Quantity.JACOBIAN: jax.jacrev(f),
            None: jax.grad(f),
        }
        return functions[quantity]
