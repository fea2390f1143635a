"""An adapter made of the plain functions of a file: ``softmax(x, axis)``, ``softmax_vjp(x, cotangent, axis)`` ...

A function is named after an op, and one of its derivatives after both: ``logsumexp_jvp``. Beside them the file may
declare, in variables of these names, what a class would: see ``Declared``.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.adapters.arguments import Function, arguments, function_of, lacking
from harness.adapters.contract import Adapter, Description, Precision, usual_precision
from harness.adapters.declared import DeclarationFault, Declared, declared_in
from harness.adapters.exchange import exchange
from harness.adapters.saved import SAVED, output_of, saved_of
from harness.call import Call
from harness.vocabulary import Mode, Op, Quantity

Functions = dict[tuple[Op, Quantity], Function]
NAMES = {
    op.value + ("" if quantity is Quantity.FORWARD else f"_{quantity.value}"): (op, quantity)
    for op in Op
    for quantity in Quantity
}


class FunctionFault(Exception):
    """A function or a declaration of a file is not what it has to be; ``line`` is where, if one is known."""

    def __init__(self, text: str, *, line: int | None = None) -> None:
        super().__init__(text)
        self.line = line


class FunctionsAdapter(Adapter):
    """What all adapters made of functions have in common; :func:`adapter_of` derives one for each file."""

    declared: Declared
    functions: Functions
    modes = (Mode.EAGER,)

    def __init__(self, device: str | None = None) -> None:
        self._device = device or self.devices[0]
        self._exchange = exchange(self.declared.arrays, device=self._device)

    def describe(self) -> Description:
        """Return what the file declares."""
        settings = {"arrays": self._exchange.framework}
        return Description(
            framework=self.name, version=self.declared.version, device=self._device, threads=None, settings=settings
        )

    def unsupported(self, call: Call, quantity: Quantity) -> str | None:
        """Say which function the file lacks, or which parameter of the call a function has no place for."""
        function = self.functions.get((call.op, quantity))
        if function is None:
            return f"the file has no {_name(call.op, quantity)}"
        before = self.functions[call.op, Quantity.FORWARD] if SAVED in function.taken else function
        return lacking(before, call) or lacking(function, call)

    def precision(self, call: Call, quantity: Quantity) -> Precision:
        """Return what the file declares; where it declares nothing, the dtype of the result."""
        return self.declared.precision(usual_precision(call))

    def forward(self, call: Call) -> Any:
        """Call the function of the op's name."""
        return self._back(output_of(self._called(call, Quantity.FORWARD)))

    def vjp(self, call: Call) -> Any:
        """Call the function of the op's vjp, as the others do that of theirs."""
        return self._derivative(call, Quantity.VJP)

    def jvp(self, call: Call) -> Any:
        """Call the function of the op's jvp."""
        return self._derivative(call, Quantity.JVP)

    def jacobian(self, call: Call) -> Any:
        """Call the function of the op's Jacobian."""
        return self._derivative(call, Quantity.JACOBIAN)

    def hvp(self, call: Call) -> Any:
        """Call the function of the op's hvp."""
        return self._derivative(call, Quantity.HVP)

    def code(self, call: Call, quantity: Quantity) -> Any:
        """Return the function itself, which its author has written."""
        return self.functions[call.op, quantity].code

    def _derivative(self, call: Call, quantity: Quantity) -> Any:
        if SAVED not in self.functions[call.op, quantity].taken:
            return self._back(self._called(call, quantity))
        saved = saved_of(self._called(call, Quantity.FORWARD))
        return self._back(self._called(call, quantity, saved=saved))

    def _called(self, call: Call, quantity: Quantity, **more: Any) -> Any:
        function = self.functions[call.op, quantity]
        given = arguments(function, call, device=self._device, hand=self._exchange.hand)
        return function.code(**given, **more)

    def _back(self, result: Any) -> Any:
        return self._exchange.back(result)


def adapter_of(module: ModuleType, *, stem: str) -> type[Adapter] | None:
    """Return the adapter made of the functions in ``module``, the file called ``stem``; None where it has none.

    Raise :class:`FunctionFault` where a function or a declaration is not what it has to be.
    """
    functions = _functions_of(module)
    if not functions:
        return None
    for (op, _), function in functions.items():
        if (op, Quantity.FORWARD) not in functions:
            text = f"{function.name} is a derivative, and there is no function {op.value}(x, axis) of which"
            raise FunctionFault(text, line=_line(function.code))
    try:
        declared = declared_in(module, name=stem)
    except DeclarationFault as error:
        raise FunctionFault(str(error), line=_line_of_variable(module, error.name)) from None
    return type(
        "Functions",
        (FunctionsAdapter,),
        {
            "__module__": module.__name__,  # where its source is looked for
            "name": declared.name,
            "dtypes": declared.dtypes,
            "devices": declared.devices,
            "ops": tuple(dict.fromkeys(op for op, _ in functions)),
            "declared": declared,
            "functions": functions,
        },
    )


def _functions_of(module: ModuleType) -> Functions:
    found: Functions = {}
    for name, value in vars(module).items():
        if not callable(value) or isinstance(value, type):
            continue
        if name in NAMES:
            op, quantity = NAMES[name]
            try:
                found[op, quantity] = function_of(name, value, op=op, quantity=quantity)
            except ValueError as error:
                raise FunctionFault(str(error), line=_line(value)) from None
        elif not name.startswith("_") and (near := difflib.get_close_matches(name, NAMES, n=1, cutoff=0.85)):
            text = (
                f"{name} is not asked for anything: did you mean {near[0]}? "
                "A function for the file's own use begins with an underscore"
            )
            raise FunctionFault(text, line=_line(value))
    return found


def _name(op: Op, quantity: Quantity) -> str:
    return next(name for name, meant in NAMES.items() if meant == (op, quantity))


def _line(function: Any) -> int | None:
    code = getattr(function, "__code__", None)
    return None if code is None else int(code.co_firstlineno)


def _line_of_variable(module: ModuleType, name: str) -> int | None:
    lines = Path(module.__file__ or "").read_text(encoding="utf-8", errors="replace").splitlines()
    return next((k for k, line in enumerate(lines, 1) if re.match(rf"{name}\s*[:=]", line)), None)
