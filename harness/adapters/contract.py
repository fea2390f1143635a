"""The contract of an adapter: arrays in, arrays out; no files, no clock, no comparing."""

from __future__ import annotations

import abc
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from numpy.typing import NDArray

from harness.call import Call
from harness.vocabulary import DType, Form, Mode, Quantity

HALF_TYPES: Final = (DType.FLOAT16, DType.BFLOAT16)


class FrameworkUnavailable(Exception):
    """The framework of an adapter cannot be used here; the text says why and what would help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """What decides the rounding bound of a kernel: the dtypes it works in, and unusual forms it computes by.

    ``working``: of its elementwise steps; wider than the dtype of the result where a kernel rounds to that only when
    it stores. ``accumulation``: of its sums. ``forms``: see :class:`~harness.vocabulary.Form`.
    """

    working: DType
    accumulation: DType
    forms: tuple[Form, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is running: everything beside the plan that may decide the bits of a result."""

    framework: str
    version: str
    device: str
    threads: int | None
    settings: dict[str, str] = field(default_factory=dict)


class Adapter(abc.ABC):
    """One framework, seen through the API that its users call.

    The constructor imports the framework and raises :class:`FrameworkUnavailable` where it cannot. Methods receive a
    :class:`~harness.call.Call` and return a NumPy array of its ``shape_of`` and ``dtype_of`` the quantity, numbers of
    bfloat16 as the uint16 array of their bits, or as an array of ``ml_dtypes.bfloat16``; what the framework raises,
    they let through: the recorder files it as the outcome. They never emulate a mode, and never compute with NumPy
    what the framework lacks; :meth:`unsupported` says so instead. A derivative whose method is not overridden is filed
    as unsupported. The input arrays belong to the caller.
    """

    name: ClassVar[str]
    modes: ClassVar[tuple[Mode, ...]]  # the first is what Mode.DEFAULT stands for

    @abc.abstractmethod
    def describe(self) -> Description:
        """Return what is running: versions, device, threads, settings."""

    @abc.abstractmethod
    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Return why this framework cannot be asked for ``quantity`` of ``call``, or None where it can."""

    def precision(self, call: Call, quantity: Quantity) -> Precision:
        """Return the precisions of the kernel behind ``quantity`` of ``call``; by default those of its result."""
        return usual_precision(call)

    @abc.abstractmethod
    def forward(self, call: Call) -> NDArray[Any]:
        """Return the op's output."""

    def vjp(self, call: Call) -> NDArray[Any]:
        """Return the cotangent of ``call.x`` for ``call.cotangent``, or for none given where that is None."""
        raise NotImplementedError

    def jvp(self, call: Call) -> NDArray[Any]:
        """Return the tangent of the output for ``call.tangent``, by forward mode."""
        raise NotImplementedError

    def jacobian(self, call: Call) -> NDArray[Any]:
        """Return the Jacobian, the axes of the output before those of ``x``."""
        raise NotImplementedError

    def hvp(self, call: Call) -> NDArray[Any]:
        """Return the vjp, at ``call.tangent``, of the map from ``call.x`` to the vjp of ``call.cotangent``."""
        raise NotImplementedError

    def method(self, quantity: Quantity) -> str | None:
        """Say how a Jacobian or an hvp is made: by which transformation of the framework, or one vjp per one-hot."""
        return None


def usual_precision(call: Call) -> Precision:
    """Return the precision of a kernel that declares none: the coarser of the dtypes of its input and output."""
    dtypes = [dtype for dtype in (call.dtype, call.result_dtype) if dtype is not None and dtype.floating]
    coarsest = min(dtypes, key=_COARSE.index, default=DType.FLOAT32)
    return Precision(working=coarsest, accumulation=coarsest)


_COARSE = (DType.BFLOAT16, DType.FLOAT16, DType.FLOAT32, DType.FLOAT64)
