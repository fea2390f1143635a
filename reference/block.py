"""Rows of a question with all that is asked of them, cut once: logits, vectors and targets side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.exact.doubledouble import Floats
from reference.exact.targets import Targets, targets_of
from reference.question import Question

_ELEMENTS_AT_ONCE: Final = 1 << 15  # results, so that the temporaries of one block stay in the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Some rows of a question and a quantity; what has no say in the quantity is None, or 0 where a mask is.

    ``ignored``: rows that do not count, whose loss and derivatives are 0 whatever they hold. ``hidden``: the size of
    the largest finite cotangent that a mask hides, which a kernel may compute with before a probability of 0 takes it
    away.
    """

    x: Floats  # (rows, n): negated, or masked by -inf
    kept: NDArray[np.bool_] | None  # (rows, n): where a mask keeps an element
    cotangent: Floats | None  # (rows, outputs)
    tangent: Floats | None  # (rows, n)
    targets: Targets | None
    ignored: NDArray[np.bool_]  # (rows,)
    hidden: Floats | None = None  # (rows,)

    @classmethod
    def whole(cls, question: Question, quantity: str, *, cotangent: Floats | None, tangent: Floats | None) -> Block:
        """Return all rows; raise ValueError where a vector has not the shape that it must have."""
        rows = question.rows
        kept = None if question.mask is None else rows.cut(question.mask)
        v = None if cotangent is None else _of_outputs(question, cotangent)
        w = None if tangent is None else rows.cut(tangent)
        hidden = None
        if kept is not None:
            if v is not None:
                out_of_sight = np.where(kept | ~np.isfinite(v), 0.0, np.abs(v))
                hidden = out_of_sight.max(axis=-1, initial=0.0)
            v = None if v is None else np.where(kept, v, 0.0)
            w = None if w is None else np.where(kept, w, 0.0)
        of_loss = question.op == "softmax_output"
        has_say = question.targets is not None and not (of_loss and quantity == "forward")
        targets = targets_of(question) if has_say else None
        return cls(
            x=question.logits,
            kept=kept,
            cotangent=None if of_loss else v,
            tangent=w,
            targets=targets,
            ignored=np.zeros(rows.count, dtype=np.bool_) if targets is None else ~question.counted[:, 0],
            hidden=hidden,
        )

    def __getitem__(self, part: slice | NDArray[np.intp]) -> Block:
        """Return some of the rows."""
        return Block(
            x=self.x[part],
            kept=None if self.kept is None else self.kept[part],
            cotangent=None if self.cotangent is None else self.cotangent[part],
            tangent=None if self.tangent is None else self.tangent[part],
            targets=None if self.targets is None else self.targets[part],
            ignored=self.ignored[part],
            hidden=None if self.hidden is None else self.hidden[part],
        )


def blocks_of(count: int, elements_per_row: int) -> Iterator[slice]:
    """Cut the rows into blocks; at least one, which may be empty, so that results always have their shape."""
    step = max(1, _ELEMENTS_AT_ONCE // max(1, elements_per_row))
    yield from (slice(start, start + step) for start in range(0, max(count, 1), step))


def _of_outputs(question: Question, cotangent: Floats) -> Floats:
    """Return the cotangent as rows, (count, outputs); one for all rows together is each row's."""
    if cotangent.shape != question.output_shape:
        raise ValueError(
            f"a cotangent of shape {cotangent.shape} for an output of shape {question.output_shape}: "
            "both must have one shape; the caller's mistake"
        )
    match question.outputs_per_row:
        case None:
            return question.rows.cut(cotangent)
        case 0:
            return np.full((question.rows.count, 1), float(cotangent.reshape(-1)[0]))
        case _:
            return question.rows.cut_batch(cotangent)
