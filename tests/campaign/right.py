"""The NumPy reference, by another name: what the adapters beside it differ from."""

from __future__ import annotations

from harness.adapters.contract import Adapter
from harness.adapters.reference import ReferenceAdapter
from harness.vocabulary import Mode


class Right(Adapter):
    name = "right"
    modes = (Mode.EAGER,)

    def __init__(self) -> None:
        self._right = ReferenceAdapter()

    def describe(self):
        return self._right.describe()

    def unsupported(self, call, quantity):
        return self._right.unsupported(call, quantity)

    def forward(self, call):
        return self._right.forward(call)

    def vjp(self, call):
        return self._right.vjp(call)

    def jvp(self, call):
        return self._right.jvp(call)

    def jacobian(self, call):
        return self._right.jacobian(call)

    def hvp(self, call):
        return self._right.hvp(call)

    def method(self, quantity):
        return self._right.method(quantity)

    def precision(self, call, quantity):
        return self._right.precision(call, quantity)
