"""The contract of an adapter: arrays in, arrays out; no files, no clock, no comparing."""

from __future__ import annotations

import abc
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Final

from numpy.typing import NDArray

from harness.call import Call
from harness.vocabulary import DType, Form, Mode, Op, Quantity

HALF_TYPES: Final = (DType.FLOAT16, DType.BFLOAT16)


class FrameworkUnavailable(Exception):
    """The framework of an adapter cannot be used here; the text says why and what would help."""


class AdapterError(Exception):
    """An adapter broke its contract; its name appears in recordings as the type of what was raised."""


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
    what the framework lacks; :meth:`unsupported` says so instead. An op or a dtype that is not declared, and a
    derivative whose method is not overridden, is filed as unsupported. The input arrays belong to the caller.

    A kernel whose backward needs what its forward has saved returns a pair from :meth:`forward`, the output and
    whatever it saves. A derivative with a keyword ``saved`` is handed that of a forward of the same call, which runs
    directly before it.

    One that copies every array of a call into its framework's memory, and never looks at it again, may say so in
    ``copies_inputs``: it is then handed the arrays of the plan themselves, which nobody can write, and saves a copy.

    An adapter that runs on more than one device has a constructor with a parameter ``device``, which is one of
    ``devices``, or one of these with a number: ``cuda`` stands for ``cuda:0``, ``cuda:1`` ...
    """

    name: ClassVar[str]
    modes: ClassVar[tuple[Mode, ...]]  # the first is what Mode.DEFAULT stands for
    ops: ClassVar[tuple[Op, ...]] = tuple(Op)
    dtypes: ClassVar[tuple[DType, ...]] = tuple(DType)  # of the primal, and of a result that is asked for in another
    devices: ClassVar[tuple[str, ...]] = ("cpu",)
    copies_inputs: ClassVar[bool] = False

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
    def forward(self, call: Call) -> NDArray[Any] | tuple[NDArray[Any], Any]:
        """Return the op's output, or a pair of it and what the derivatives of the same call are to be handed."""

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

    @property
    def kept_at(self) -> Path | None:
        """The folder in which another process finds what this one compiles for a call; None where nothing is kept."""
        return None

    def method(self, quantity: Quantity) -> str | None:
        """Say how a Jacobian or an hvp is made: by which transformation of the framework, or one vjp per one-hot."""
        return None

    def code(self, call: Call, quantity: Quantity) -> Callable[..., Any]:
        """Return the function in which its author looks when ``quantity`` of ``call`` is wrong."""
        function: Callable[..., Any] = getattr(type(self), quantity.value)
        return function


def usual_precision(call: Call) -> Precision:
    """Return the precision of a kernel that declares none: the coarser of the dtypes of its input and output."""
    return _precision_between(call.dtype, call.result_dtype)


@cache  # it is asked of every call, and there are a few dozen answers
def _precision_between(given: DType, result: DType | None) -> Precision:
    dtypes = [dtype for dtype in (given, result) if dtype is not None and dtype.floating]
    coarsest = min(dtypes, key=_COARSE.index, default=DType.FLOAT32)
    return Precision(working=coarsest, accumulation=coarsest)


_COARSE = (DType.BFLOAT16, DType.FLOAT16, DType.FLOAT32, DType.FLOAT64)
