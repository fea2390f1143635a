"""How large errors are: per adapter, op, dtype and quantity, added up from the rows of the comparison's table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from harness.vocabulary import DType, Op, Quantity
from reference.question import LIKE_SOFTMAX

_KEYS: Final = ["op", "quantity", "dtype", "output_dtype", "adapter"]
_COUNTS: Final = ["computed", "rounded", "flushed", "normal"]
_SUMS: Final = ["normal_ulps_sum", "eps_sum"]
_WORST: Final = {"normal_ulps": "normal_ulps_at", "eps": "eps_at", "share": "at"}  # and where each is met
_OF_ROW: Final = [*_KEYS, "mode", "case", "problem", *_WORST, *_WORST.values()]
_OPS, _QUANTITIES, _DTYPES = list(Op), list(Quantity), list(DType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """The largest of a measure, and the element that has it: ``at`` is an index as text, ``0,1``."""

    value: float
    problem: str
    case: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """All judged results of one adapter for one op, quantity and dtype; fields as in the table's documentation.

    ``ulps`` is over elements that are no smaller than the smallest normal number, and None where there are none.
    ``mode`` is empty where all modes are taken together.
    """

    adapter: str
    op: str
    quantity: Quantity
    dtype: str
    output_dtype: str
    mode: str
    results: int
    elements: int
    rounded: int
    flushed: int
    ulps: Worst | None
    mean_ulps: float | None
    eps: Worst
    mean_eps: float
    share: Worst

    @property
    def formats(self) -> str:
        """The dtype, and that of the result where it is another one."""
        return dtypes(self.dtype, self.output_dtype)


def in_ulps(op: str, quantity: Quantity) -> bool:
    """Say whether ulps tell how large errors are: of probabilities they do; what is a difference may be any smaller."""
    return quantity is Quantity.FORWARD and op in LIKE_SOFTMAX


def dtypes(dtype: str, output_dtype: str) -> str:
    """Return the dtype of a call, and that of its result where it is another one: ``float16 → float32``."""
    return dtype if output_dtype in ("", dtype) else f"{dtype} → {output_dtype}"


def errors(frame: pd.DataFrame, *, by_mode: bool = False) -> tuple[Errors, ...]:
    """Return the errors of every adapter, in the order of the vocabulary, adapters as in ``frame``.

    ``frame`` is that of :func:`harness.compare.table.table`. Results without an element that was computed and judged
    are left out.
    """
    measured = frame[frame["computed"] > 0].reset_index(drop=True)
    numbers = {name: _plain(measured[name]) for name in (*_WORST, *_SUMS)}
    measured = measured.assign(**numbers)
    groups = measured.groupby([*_KEYS, *(["mode"] if by_mode else [])], sort=False)
    sums = groups[[*_COUNTS, *_SUMS]].sum().to_dict("list")
    worst = groups[[*_WORST]].idxmax().to_dict("list")
    met = sorted({int(row) for rows in worst.values() for row in rows})
    told = dict(zip(met, measured.loc[met, _OF_ROW].to_dict("records"), strict=True))
    found = [
        _of_group(
            told,
            results=int(results),
            sums={name: values[number] for name, values in sums.items()},
            worst={name: int(rows[number]) for name, rows in worst.items()},
            by_mode=by_mode,
        )
        for number, results in enumerate(groups.size())
    ]
    adapters = list(dict.fromkeys(frame["adapter"]))
    return tuple(sorted(found, key=lambda one: (_order(one), adapters.index(one.adapter), one.mode)))


def order(op: str, quantity: str, dtype: str, output_dtype: str) -> tuple[int, ...]:
    """Return where something stands in the order of the vocabulary, outputs of another dtype behind all others.

    What is none of its words comes last.
    """
    other = output_dtype not in ("", dtype)
    return _index(_OPS, op), _index(_QUANTITIES, quantity), other, _index(_DTYPES, dtype), _index(_DTYPES, output_dtype)


def _order(one: Errors) -> tuple[int, ...]:
    return order(one.op, one.quantity, one.dtype, one.output_dtype)


def _index(known: Sequence[str], word: str) -> int:
    return known.index(word) if word in known else len(known)


def _plain(column: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return numbers as float64: what is missing as 0, which is none of these measures' largest, NaN as infinity."""
    numbers = column.to_numpy(dtype=np.float64, na_value=0.0)
    return np.where(np.isnan(numbers), np.inf, numbers)


def _of_group(
    told: Mapping[int, Mapping[Any, Any]],
    *,
    results: int,
    sums: dict[Any, float],
    worst: dict[Any, int],
    by_mode: bool,
) -> Errors:
    common = told[worst["share"]]  # any of its rows, for what they have in common
    counts = {name: int(sums[name]) for name in _COUNTS}
    largest = {
        name: Worst(
            value=told[row][name],
            problem=told[row]["problem"],
            case=told[row]["case"],
            at=told[row][_WORST[name]] or "",
        )
        for name, row in worst.items()
    }
    normal = counts["normal"]
    return Errors(
        adapter=common["adapter"],
        op=common["op"],
        quantity=Quantity(common["quantity"]),
        dtype=common["dtype"],
        output_dtype=common["output_dtype"],
        mode=common["mode"] if by_mode else "",
        results=results,
        elements=counts["computed"],
        rounded=counts["rounded"],
        flushed=counts["flushed"],
        ulps=largest["normal_ulps"] if normal else None,
        mean_ulps=sums["normal_ulps_sum"] / normal if normal else None,
        eps=largest["eps"],
        mean_eps=sums["eps_sum"] / counts["computed"],
        share=largest["share"],
    )


def as_table(found: Iterable[Errors]) -> pd.DataFrame:
    """Return the columns of ``accuracy.csv``, a row for each; a number that does not exist is missing."""
    rows = list(found)
    columns: dict[str, list[Any]] = {
        "adapter": [one.adapter for one in rows],
        "mode": [one.mode for one in rows],
        "op": [one.op for one in rows],
        "quantity": [one.quantity.value for one in rows],
        "dtype": [one.dtype for one in rows],
        "output_dtype": [one.output_dtype for one in rows],
        "results": [one.results for one in rows],
        "elements": [one.elements for one in rows],
        "correctly_rounded": [one.rounded for one in rows],
        "flushed_to_zero": [one.flushed for one in rows],
        "mean_ulps": [one.mean_ulps for one in rows],
        "mean_eps": [one.mean_eps for one in rows],
    }
    for name, largest in (
        ("max_ulps", [one.ulps for one in rows]),
        ("max_eps", [one.eps for one in rows]),
        ("max_share_of_bound", [one.share for one in rows]),
    ):
        columns[name] = [worst.value if worst else None for worst in largest]
        columns[f"{name}_problem"] = [worst.problem if worst else None for worst in largest]
        columns[f"{name}_at"] = [worst.at if worst else None for worst in largest]
    return pd.DataFrame(columns)
