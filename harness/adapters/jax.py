"""JAX, compiled or eager: ``jax.nn.softmax`` and its kin, optax's cross entropies, and JAX's transformations."""

from __future__ import annotations

import functools
import hashlib
import sys
from pathlib import Path
from typing import Any, ClassVar, Final, final

import numpy as np
from numpy.typing import NDArray

from harness.adapters import jax_ops
from harness.adapters.contract import Adapter, Description, FrameworkUnavailable, Precision
from harness.adapters.exchange import jax_device
from harness.adapters.framework import import_framework, usable_cpus
from harness.adapters.jax_kept import Arguments, Kept
from harness.adapters.jax_ops import Function, Parameters, op_of
from harness.adapters.jax_precision import precision_of
from harness.adapters.source import executed_digest
from harness.call import Call
from harness.vocabulary import DType, Mode, Op, Quantity


@final
class JaxAdapter(Adapter):
    """JAX on its default device, or on the one asked for.

    64-bit types are on: without them a float64 array silently becomes float32. A call is computed where it is made, not
    in a thread of JAX's that has to be woken: a small one takes a third of the processor time, and has the same bits.

    Compiled calls: one ``jax.jit`` per quantity and parameters, arrays as arguments, so that equal shapes compile once;
    on the CPU what it compiles is kept where JAX's compilation cache is (:mod:`harness.adapters.jax_kept`). It is
    handed NumPy's arrays as they are: to make JAX's of them takes longer than a small call, and gives the same bits.
    Eager calls compile each primitive, and their code stays mapped into memory: before a call of another shape
    the caches are cleared, or a few hundred shapes meet the kernel's limit on memory maps.
    """

    name: ClassVar[str] = "jax"
    modes: ClassVar[tuple[Mode, ...]] = (Mode.JIT, Mode.EAGER)
    devices: ClassVar[tuple[str, ...]] = ("cpu", "cuda", "tpu")

    def __init__(self, device: str | None = None) -> None:
        self._jax: Any = import_framework("jax", hint="install it with: pip install jax==0.10.2")
        self._jax.config.update("jax_enable_x64", True)
        self._jax.config.update(_ASYNC, False)
        self._device = device
        if device is not None:
            self._jax.config.update("jax_default_device", jax_device(self._jax, device))
        self._jitted = functools.cache(self._jit)
        self._eager_shape: tuple[Any, ...] | None = None

    def describe(self) -> Description:
        """Return the versions of JAX and jaxlib, and the device."""
        device = self._jax.config.jax_default_device or self._jax.devices()[0]
        return Description(
            framework="JAX",
            version=self._jax.__version__,
            device=" ".join(dict.fromkeys((self._device or device.platform, device.device_kind))),
            threads=usable_cpus(),
            settings={
                "threads": "XLA's own pool, one per usable processor",
                "jaxlib": import_framework("jaxlib", hint="it comes with jax").__version__,
                "jax_enable_x64": str(self._jax.config.jax_enable_x64),
                _ASYNC: str(self._jax.config.read(_ASYNC)),
            },
        )

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Return why JAX has no such call, or None: it has every quantity, in both modes."""
        if call.op is Op.SOFTMAX_OUTPUT:
            return "JAX has no op whose gradient ignores the cotangent: SoftmaxOutput is MXNet's alone"
        if call.op is Op.CROSS_ENTROPY:
            try:
                self._optax()
            except FrameworkUnavailable as missing:
                return f"JAX has no cross entropy of its own: {missing}"
        return None

    def precision(self, call: Call, quantity: Quantity) -> Precision:
        """Return what was seen of the kernels."""
        return precision_of(call, quantity)

    def forward(self, call: Call) -> NDArray[Any]:
        """Call the op."""
        return self._run(call, Quantity.FORWARD)

    def vjp(self, call: Call) -> NDArray[Any]:
        """Call ``jax.vjp`` with the cotangent, or ``jax.grad``, which takes none, where none is given."""
        return self._run(call, Quantity.VJP, cotangent=call.cotangent)

    def jvp(self, call: Call) -> NDArray[Any]:
        """Call ``jax.jvp``."""
        return self._run(call, Quantity.JVP, tangent=call.tangent)

    def jacobian(self, call: Call) -> NDArray[Any]:
        """Call ``jax.jacrev``."""
        return self._run(call, Quantity.JACOBIAN)

    def hvp(self, call: Call) -> NDArray[Any]:
        """Call ``jax.vjp`` of ``jax.vjp``."""
        return self._run(call, Quantity.HVP, cotangent=call.cotangent, tangent=call.tangent)

    def method(self, quantity: Quantity) -> str | None:
        """Name JAX's transformations."""
        return _METHODS.get(quantity)

    def _run(
        self,
        call: Call,
        quantity: Quantity,
        *,
        cotangent: NDArray[Any] | None = None,
        tangent: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        parameters = Parameters.of(call)
        if call.mode is Mode.EAGER:
            shape = (parameters, call.dtype, call.x.shape)
            if self._eager_shape not in (None, shape):
                self._jax.clear_caches()
                self._kept.clear()
            self._eager_shape = shape
            function = self._function(parameters, quantity)
        else:
            function = self._jitted(parameters, quantity)
        arguments = self._arguments(call, cotangent, tangent)
        if call.mode is Mode.EAGER:  # to its operators an array of NumPy's would be for NumPy to compute with
            arguments = tuple(None if array is None else self._jax.numpy.asarray(array) for array in arguments)
        else:
            function = self._kept.compiled(function, arguments, name=(parameters, quantity))
        return np.asarray(function(*arguments))

    def _arguments(self, call: Call, cotangent: NDArray[Any] | None, tangent: NDArray[Any] | None) -> Arguments:
        """Return x, its operand, and the vectors; bits of bfloat16 as numbers of it."""
        operand = call.targets
        if call.mask is not None or call.lengths is not None:
            operand = call.lengths if call.mask is None else call.mask
        if DType.BFLOAT16 not in (call.dtype, call.result_dtype):
            return call.x, operand, cotangent, tangent
        if call.targets is not None and not call.index_targets:
            operand = self._array(call.targets, call.dtype)
        output = call.dtype_of(Quantity.FORWARD) or call.dtype
        return (
            self._array(call.x, call.dtype),
            operand,
            self._array(cotangent, output),
            self._array(tangent, call.dtype),
        )

    def _array(self, array: NDArray[Any] | None, dtype: DType) -> Any:
        return array.view(self._jax.numpy.bfloat16) if array is not None and dtype is DType.BFLOAT16 else array

    def _jit(self, parameters: Parameters, quantity: Quantity) -> Function:
        jitted: Function = self._jax.jit(self._function(parameters, quantity))
        return jitted

    @property
    def kept_at(self) -> Path | None:
        """Where JAX's own cache is; None on devices other than the CPU, and without that cache."""
        folder = self._jax.config.jax_compilation_cache_dir
        keeps = folder is not None and self._device is None and self._jax.default_backend() == "cpu"
        return Path(folder) if keeps else None

    @functools.cached_property
    def _kept(self) -> Kept:
        """What is compiled; kept in memory alone where it is kept nowhere else."""
        return Kept(self._jax, folder=self.kept_at, source=_source())

    def _function(self, parameters: Parameters, quantity: Quantity) -> Function:
        """Return the function of x, operand, cotangent and tangent that computes ``quantity``."""
        jax = self._jax
        op = op_of(jax, self._optax() if parameters.op is Op.CROSS_ENTROPY else None, parameters)

        def gradient(f: Function, x: Any, cotangent: Any) -> Any:
            return jax.grad(f)(x) if cotangent is None else jax.vjp(f, x)[1](cotangent)[0]

        def compute(x: Any, operand: Any, cotangent: Any, tangent: Any) -> Any:
            def f(x: Any) -> Any:
                return op(x, operand)

            match quantity:
                case Quantity.FORWARD:
                    return f(x)
                case Quantity.VJP:
                    return gradient(f, x, cotangent)
                case Quantity.JVP:
                    return jax.jvp(f, (x,), (tangent,))[1]
                case Quantity.JACOBIAN:
                    return jax.jacrev(f)(x)
                case Quantity.HVP:
                    return jax.vjp(lambda x: gradient(f, x, cotangent), x)[1](tangent)[0]

        return compute

    def _optax(self) -> Any:
        return import_framework("optax", hint="install it with: pip install optax==0.2.8")


def _source() -> str:
    """Return the digests of the source that decides what is compiled: as it runs, where it was imported by us."""
    modules = (sys.modules[__name__], jax_ops)
    files = (Path(str(module.__file__)) for module in modules)
    found = zip(map(executed_digest, modules), files, strict=True)
    return " ".join(digest or hashlib.sha256(file.read_bytes()).hexdigest() for digest, file in found)


_ASYNC: Final = "jax_cpu_enable_async_dispatch"
_METHODS = {
    Quantity.JACOBIAN: "jax.jacrev (reverse mode)",
    Quantity.HVP: "reverse over reverse: jax.vjp of jax.vjp",
}
