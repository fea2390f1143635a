"""The contract of an adapter: arrays in, arrays out; no files, no clock, no comparing."""

from __future__ import annotations

import abc
from dataclasses import dataclass, field
from typing import Any, ClassVar

from numpy.typing import NDArray

from harness.call import Call
from harness.vocabulary import DType, Mode, Quantity


class FrameworkUnavailable(Exception):
    """The framework of an adapter cannot be used here; the text says why and what would help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """The precisions a kernel works in: of its elementwise steps, and of its sums. They decide the rounding bound."""

    working: DType
    accumulation: DType


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
    :class:`~harness.call.Call` and return a NumPy array of ``call.dtype``; what the framework raises, they let through:
    the recorder files it as the outcome. They never emulate a mode, and never compute with NumPy what the
    framework lacks; :meth:`unsupported` says so instead. The input arrays belong to the caller.
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
        """Return the precisions of the kernel behind ``quantity`` of ``call``; by default the dtype of the call."""
        return Precision(working=call.dtype, accumulation=call.dtype)

    @abc.abstractmethod
    def forward(self, call: Call) -> NDArray[Any]:
        """Return the op's output, of the shape of ``call.x``."""

    @abc.abstractmethod
    def vjp(self, call: Call) -> NDArray[Any]:
        """Return the cotangent of ``call.x`` for ``call.cotangent``, or for none given where that is None."""

    @abc.abstractmethod
    def jvp(self, call: Call) -> NDArray[Any]:
        """Return the tangent of the output for ``call.tangent``, by forward mode."""

    @abc.abstractmethod
    def jacobian(self, call: Call) -> NDArray[Any]:
        """Return the Jacobian, of shape ``output.shape + x.shape``."""

    def jacobian_method(self) -> str:
        """Say how the Jacobian is made: the framework's own transformation, or one vjp per one-hot cotangent."""
        return "the framework's own transformation"
