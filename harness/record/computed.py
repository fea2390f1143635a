"""What an adapter computes of one call, whole or of some rows at a time, as an array of plain numbers."""

from __future__ import annotations

import numpy as np

from harness.adapters.contract import Adapter, AdapterError
from harness.adapters.saved import output_of, saved_of, takes_saved
from harness.arraypack import name_of
from harness.call import Call
from harness.parts import parts
from harness.record.handing import handed
from harness.record.recording import Returned
from harness.vocabulary import DType, Quantity


def computed(adapter: Adapter, call: Call, quantity: Quantity, *, rows: int | None, changed: set[str]) -> Returned:
    """Return what ``adapter`` computes of ``quantity``, in one call, or ``rows`` rows at a time.

    The names of the arrays that come back with other bits go into ``changed``. Raise whatever the adapter raises, and
    :class:`~harness.adapters.contract.AdapterError` where no array of plain numbers comes back.
    """
    if rows is not None:
        return _gathered(adapter, call, quantity, rows=rows, changed=changed)
    with handed(call, changed, copied_there=adapter.copies_inputs) as own:
        return _returned(_called(adapter, own, quantity), due=call.dtype_of(quantity))


def _gathered(adapter: Adapter, call: Call, quantity: Quantity, *, rows: int, changed: set[str]) -> Returned:
    """Return a result that is put together of calls of at most ``rows`` rows."""
    whole: Returned | None = None
    for part in parts(call, rows=rows):
        with handed(part.call, changed, copied_there=adapter.copies_inputs) as own:
            due = part.call.shape_of(quantity)
            found = _returned(_called(adapter, own, quantity), due=call.dtype_of(quantity))
        if found.value.shape != due:
            raise AdapterError(f"returned shape {found.value.shape} of a call of {part.rows} rows, expected {due}")
        whole = whole or Returned(np.empty(call.shape_of(quantity), found.value.dtype), found.dtype)
        if found.dtype != whole.dtype:
            raise AdapterError(f"returned {found.dtype} of some rows, and {whole.dtype} of others")
        part.of(whole.value, quantity)[...] = found.value
    assert whole is not None  # noqa: S101 - there are more rows than one call takes
    return whole


def _called(adapter: Adapter, call: Call, quantity: Quantity) -> object:
    """Return what the adapter returns of ``quantity``, handed what its forward has saved where it asks for that."""
    method = getattr(adapter, quantity.value)
    if quantity is Quantity.FORWARD:
        return output_of(method(call))
    return method(call, saved=saved_of(adapter.forward(call))) if takes_saved(method) else method(call)


def _returned(value: object, *, due: DType | None) -> Returned:
    if isinstance(value, np.generic):  # NumPy makes a scalar of most results without axes
        value = np.asarray(value)
    if type(value) is not np.ndarray:
        raise AdapterError(f"returned {kind_of(value)}, expected a numpy array")
    if value.dtype.kind in "fiubc":
        value = np.asarray(value, order="C")  # here, where a view too large to be copied costs this result alone
        name = name_of(value.dtype if value.dtype.isnative else value.dtype.newbyteorder("="))
        if due is not None and due.carrier == name:
            name = due.value  # bits of bfloat16 come back as they went in
        return Returned(value, name)
    carrier = {1: np.uint8, 2: np.uint16, 4: np.uint32}.get(value.dtype.itemsize)
    if value.dtype.kind == "V" and value.dtype.type is not np.void and carrier is not None:
        # bfloat16 and its kin, which NumPy itself cannot name: their bits travel under their own name
        return Returned(np.ascontiguousarray(value).view(carrier).reshape(value.shape), value.dtype.name)
    raise AdapterError(f"returned an array of dtype {value.dtype}, expected plain numbers")


def kind_of(value: object) -> str:
    """Say in words of what type ``value`` is, as a message has it."""
    name = type(value).__name__
    return "nothing (None)" if value is None else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
