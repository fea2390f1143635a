"""Three tables of what matters most: what is promised, what the usual checks see of it, and what all else gives.

The README of the campaign shows them, made of the kept sensitivity.csv.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from harness.campaign.sensitivity.figure import Sensitivity
from harness.campaign.sensitivity.measure import OURS
from harness.campaign.sensitivity.table import entry, line, name_of, size
from harness.vocabulary import DType, Op, Quantity

_PROMISED_OPS: Final = (Op.SOFTMAX, Op.LOG_SOFTMAX)
_PROMISED_QUANTITIES: Final = (Quantity.FORWARD, Quantity.VJP)
_PROMISED_DTYPES: Final = (DType.FLOAT32, DType.FLOAT64)
_OTHER_DTYPES: Final = (DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16)
_BESIDE: Final = ("softmax forward", "softmax vjp, head one-hot", "log_softmax vjp, head one-hot")

_NOT_MEASURED: Final = "·"

_Key = tuple[str, DType, int]  # what is measured, dtype and length
_Found = Mapping[_Key, Sensitivity]  # of one check


def summary(found: Sequence[Sensitivity], *, beside_at: int = 1000) -> str:
    """Return the tables; that of the usual checks is of rows of the length ``beside_at``, where any were measured."""
    lengths = sorted({one.cell.n for one in found})
    ours = _by_cell(found, OURS)
    tables = [_promised(ours, lengths), _printed(ours, lengths)]
    if beside_at in lengths:
        checks = tuple(dict.fromkeys(one.check for one in found))
        tables.insert(1, _beside({check: _by_cell(found, check) for check in checks}, beside_at))
    return "\n".join("\n".join(lines) + "\n" for lines in map(list, tables))


def promised(one: Sensitivity) -> bool:
    """Say whether a median below 50 u is promised: forward and vjp of softmax and log_softmax, float32 and float64."""
    cell = one.cell
    return (
        one.check == OURS
        and cell.op in _PROMISED_OPS
        and cell.quantity in _PROMISED_QUANTITIES
        and cell.dtype in _PROMISED_DTYPES
    )


def _by_cell(found: Iterable[Sensitivity], check: str) -> _Found:
    return {(name_of(one.cell), one.cell.dtype, one.cell.n): one for one in found if one.check == check}


def _promised(ours: _Found, lengths: Sequence[int]) -> Iterator[str]:
    yield line([f"{OURS}, median / 95 % in u", "", *(f"n = {n:,}" for n in lengths)])
    yield line(["---", "---", *["---:"] * len(lengths)])
    for name in dict.fromkeys(name for (name, _, _), one in ours.items() if promised(one)):
        for dtype in _PROMISED_DTYPES:
            shown = name if dtype is _PROMISED_DTYPES[0] else ""
            yield line([shown, dtype, *(_entry(ours, (name, dtype, n)) for n in lengths)])


def _beside(found: Mapping[str, _Found], n: int) -> Iterator[str]:
    yield line([f"n = {n:,}, median in u", "", *(check if check == OURS else f"`{check}`" for check in found)])
    yield line(["---", "---", *["---:"] * len(found)])
    for name in _BESIDE:
        for dtype in _PROMISED_DTYPES:
            shown = name if dtype is _PROMISED_DTYPES[0] else ""
            yield line([shown, dtype, *(_seen(by_cell, (name, dtype, n)) for by_cell in found.values())])


def _printed(ours: _Found, lengths: Sequence[int]) -> Iterator[str]:
    yield line([f"{OURS}, median in u: {', '.join(_OTHER_DTYPES)}", *(f"n = {n:,}" for n in lengths)])
    yield line(["---", *["---:"] * len(lengths)])
    for name in dict.fromkeys(name for name, _, _ in ours):
        if "head 0 or 2" not in name and "head one-hot" not in name:
            medians = [[_seen(ours, (name, dtype, n)) for dtype in _OTHER_DTYPES] for n in lengths]
            yield line([name, *(", ".join(three) for three in medians)])


def _entry(found: _Found, key: _Key) -> str:
    return entry(found[key]) if key in found else _NOT_MEASURED


def _seen(found: _Found, key: _Key) -> str:
    if key not in found:
        return _NOT_MEASURED
    one = found[key]
    return "refuses every correct result" if one.rows == one.alarms > 0 else size(one.median)
