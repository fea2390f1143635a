"""A NumPy forward with a backward that has a fault: the same for every framework. NumPy alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Adapter
from harness.adapters.reference import ReferenceAdapter
from harness.selftest.checkers.jobs import Job, fault_named, quantity_of
from harness.selftest.kernels import Wrong
from harness.vocabulary import Quantity


class Kernel:
    """A function of x alone: its parameters are those of the job's first problem."""

    def __init__(self, job: Job) -> None:
        self._call = job.problems[0].call
        self._right: Adapter = ReferenceAdapter()
        self._forward: Adapter = self._right
        self._backward: Adapter = self._right
        if (fault := fault_named(job.fault)) is None:
            return
        if quantity_of(fault) is Quantity.VJP:
            self._backward = Wrong(fault)
        else:
            self._forward = Wrong(fault)

    @property
    def x(self) -> NDArray[Any]:
        """The logits at which it is tried."""
        return self._call.x.copy()

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of the output."""
        return self._call.output_shape

    def forward(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return the output."""
        return self._quietly(self._forward, Quantity.FORWARD, x)

    def backward(self, x: NDArray[Any], cotangent: NDArray[Any]) -> NDArray[Any]:
        """Return the gradient that the kernel claims."""
        return self._quietly(self._backward, Quantity.VJP, x, cotangent)

    def right_gradient_of_sum(self) -> NDArray[Any]:
        """Return the right gradient of the sum of the outputs, by another implementation: the NumPy reference."""
        return self._quietly(self._right, Quantity.VJP, self._call.x, np.ones(self.output_shape, self._call.x.dtype))

    def _quietly(
        self, by: Adapter, quantity: Quantity, x: NDArray[Any], cotangent: NDArray[Any] | None = None
    ) -> NDArray[Any]:
        head = None if cotangent is None else np.ascontiguousarray(cotangent).reshape(self.output_shape)
        with np.errstate(all="ignore"):
            result = getattr(by, quantity.value)(replace(self._call, x=np.ascontiguousarray(x), cotangent=head))
        return np.array(result, order="C")  # which keeps an array without axes as it is
