"""Correct kernels of every usual form: one row of numbers in, one out, each operation rounded by the machine.

::

    Logits      x as it becomes exponentials: temperature, maximum, exponentials, their sum
    Kernel      the ops and their derivatives over these, by the style that is asked for

The styles are what real kernels do; where a style rounds more than the usual ones, :meth:`Style.forms` declares it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reference.question import LIKE_LOG_SOFTMAX, LIKE_SOFTMAX, Question
from tests.reference.machine import Machine, Number

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The choices that a correct kernel is free to make."""

    exponentials: Literal["shifted", "online", "one pass", "folded"] = "shifted"
    normalised: Literal["divided", "reciprocal", "lse", "logarithm"] = "divided"
    logarithm: Literal["shifted", "lse"] = "shifted"
    backward: Literal["factored", "expanded", "quotient", "quotient squared"] = "factored"
    probabilities: Literal["stored", "anew", "recomputed"] = "stored"
    second: Literal["factored", "expanded", "composed", "quotient", "quotient reversed"] = "composed"
    temperature: Literal["divided", "multiplied", "after", "stored"] = "divided"
    smoothing: Literal["targets", "end"] = "targets"
    loss: Literal["log_softmax", "lse"] = "log_softmax"
    weight: Literal["before", "after"] = "before"
    block: int = 16

    @property
    def forms(self) -> tuple[str, ...]:
        """Return the forms that the kernel has to declare."""
        declared = {
            "folded-scale": self.exponentials == "folded",
            "recomputed": self.probabilities == "recomputed",
            "x-minus-lse": self.logarithm == "lse" or self.normalised in ("lse", "logarithm"),
            "online": self.exponentials == "one pass",
        }
        return tuple(name for name, is_so in declared.items() if is_so)


@dataclass(frozen=True, slots=True, eq=False)
class Logits:
    """Rows of logits on their way: z = x / T, d = z - m, e = exp(d), S = sum e."""

    z: Number
    m: Number
    d: Number
    e: Number
    total: Number

    @classmethod
    def of(cls, x: Number, temperature: float, style: Style) -> Logits:
        z = tempered(x, temperature, style)
        m = z.max()
        d = z - m
        if temperature != 1.0 and style.temperature == "after":
            d = d / temperature
            m = m / temperature
        if style.exponentials == "online":
            return cls(z, m, d, d.exp(), online_sum(z, block=style.block))
        if style.exponentials == "one pass":
            return cls(z, m, d, *one_pass(z, block=style.block))
        e = folded(z, m) if style.exponentials == "folded" else d.exp()
        return cls(z, m, d, e, e.sum())


def tempered(x: Number, temperature: float, style: Style) -> Number:
    if temperature == 1.0 or style.temperature == "after":
        return x
    if style.temperature == "multiplied":
        return x * (x.machine.number(np.array([[1.0]])) / temperature)
    z = x / temperature
    return z.stored(x.machine.entering) if style.temperature == "stored" else z


def folded(z: Number, m: Number) -> Number:
    """exp2(c z - fl(c m)), one rounding in the first product and sum (fused), as GPU kernels have it."""
    machine = z.machine
    scale = float(machine.rounded(np.array(1.0 / np.log(2.0))))
    return z.times_plus(scale, -(m * scale)).exp2()


def online_sum(z: Number, *, block: int) -> Number:
    """One pass over blocks with a running maximum, as fused attention does."""
    machine = z.machine
    highest = total = None
    for start in range(0, z.values.shape[-1], block):
        part = z[start : start + block]
        above = part.max()
        if highest is not None and total is not None:
            above = Number(machine, np.maximum(highest.values, above.values))
        base = above.where(np.isfinite(above.values), 0.0)
        added = (part - base).exp().sum()
        total = added if highest is None or total is None else total * (highest - base).exp() + added
        highest = above
    assert total is not None
    return total


def one_pass(z: Number, *, block: int) -> tuple[Number, Number]:
    """Return numerators and their sum, both rescaled at every block, as FlashAttention-2 does before it divides."""
    machine = z.machine
    first = z[:block]
    highest = first.max()
    base = highest.where(np.isfinite(highest.values), 0.0)
    e = (first - base).exp()
    total = e.sum()
    for start in range(block, z.values.shape[-1], block):
        part = z[start : start + block]
        above = Number(machine, np.maximum(highest.values, part.values.max(axis=-1, keepdims=True)))
        base = above.where(np.isfinite(above.values), 0.0)
        scale, added = (highest - base).exp(), (part - base).exp()
        total = total * scale + added.sum()
        e = Number(machine, np.concatenate(((e * scale).values, added.values), axis=-1))
        highest = above
    return e, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """A correct kernel; its methods take a question and vectors, and return results in the question's shapes."""

    name: str
    machine: Machine
    style: Style = Style()

    def __call__(
        self, question: Question, quantity: str, *, cotangent: Array | None = None, tangent: Array | None = None
    ) -> Array:
        """Return ``quantity``; a Jacobian is made of one vjp per one-hot."""
        with np.errstate(all="ignore"):
            return _Rows(self, question).computed(quantity, cotangent, tangent)


class _Rows:
    """All rows of one question, in the hands of one kernel."""

    def __init__(self, kernel: Kernel, question: Question) -> None:
        self.question, self.machine, self.style = question, kernel.machine, kernel.style
        self.temperature = question.temperature
        self.kept = None if question.mask is None else question.rows.cut(question.mask)
        self.logits = Logits.of(self.machine.number(question.logits), self.temperature, self.style)

    def computed(self, quantity: str, cotangent: Array | None, tangent: Array | None) -> Array:
        question = self.question
        if quantity == "jacobian":
            return self._jacobian()
        v = None if cotangent is None else self._cotangent(cotangent)
        w = None if tangent is None else self._vector(question.rows.cut(tangent))
        like = "softmax" if question.op in LIKE_SOFTMAX else question.op
        like = "log_softmax" if question.op in LIKE_LOG_SOFTMAX else like
        result = getattr(self, f"{like}_{quantity}")(*(one for one in (v, w) if one is not None))
        return self._placed(result, quantity)

    def _cotangent(self, cotangent: Array) -> Number:
        rows, per_row = self.question.rows, self.question.outputs_per_row
        if per_row is None:
            return self._vector(rows.cut(cotangent))
        if per_row == 0:
            return self.machine.number(np.full((rows.count, 1), float(cotangent)))
        return self.machine.number(cotangent.reshape(-1, 1))

    def _vector(self, rows: Array) -> Number:
        return self.machine.number(rows if self.kept is None else np.where(self.kept, rows, 0.0))

    def _placed(self, result: Number, quantity: str) -> Array:
        """Return rows in the question's shape, negated for softmin, divided by the temperature, masked and stored."""
        question = self.question
        odd = quantity in ("vjp", "jvp")
        if question.negated and odd:
            result = -result
        if self.temperature != 1.0 and quantity in ("vjp", "hvp"):
            result = self._over_temperature(result)
        if self.kept is not None and quantity != "forward":
            result = result.where(self.kept, 0.0)
        to = self.machine.storage if quantity in ("forward", "jvp") else self.machine.entering
        stored = np.asarray(result.stored(to).values, dtype=np.float64)
        if quantity in ("forward", "jvp") and question.outputs_per_row is not None:
            return stored.reshape(question.output_shape)
        return question.rows.join(stored)

    def _over_temperature(self, g: Number) -> Number:
        if self.style.temperature == "multiplied":
            return g * (self.machine.number(np.array([[1.0]])) / self.temperature)
        entering = self.machine.entering
        return (g.stored(entering) if self.style.temperature == "stored" else g) / self.temperature

    def _jacobian(self) -> Array:
        question, n = self.question, self.question.rows.length
        if question.outputs_per_row is None:
            blocks = []
            for k in range(n):
                one_hot = np.zeros((question.rows.count, n))
                one_hot[:, k] = 1.0
                blocks.append(question.rows.cut(self.computed("vjp", question.rows.join(one_hot), None)))
            return question.rows.join_jacobian(np.stack(blocks, axis=1))
        every = self.computed("vjp", np.ones(question.output_shape), None)
        if question.outputs_per_row == 0:
            return every
        return question.rows.join_batch_jacobian(question.rows.cut(every))

    # softmax

    def softmax_forward(self) -> Number:
        e, total = self.logits.e, self.logits.total
        if self.style.normalised == "reciprocal":
            return e * (self.machine.number(np.array([[1.0]])) / total)
        if self.style.normalised == "lse":  # SciPy's until 1.8
            return (self._divided_logits() - (self.logits.m + total.log())).exp()
        if self.style.normalised == "logarithm":
            return (self.logits.d - total.log()).exp()
        return e / total

    def _probabilities(self) -> Number:
        if self.style.probabilities == "recomputed":
            return self._recomputed()
        s = self.softmax_forward()
        return s.stored() if self.style.probabilities == "stored" else s

    def _recomputed(self) -> Number:
        lse = (self.logits.m + self.logits.total.log()).stored()
        return (self._divided_logits() - lse).exp()

    def _divided_logits(self) -> Number:
        z = self.logits.z
        return z / self.temperature if self.temperature != 1.0 and self.style.temperature == "after" else z

    def softmax_vjp(self, v: Number) -> Number:
        if self.question.op == "softmax_output":
            return self._softmax_output_vjp()
        return self._through_softmax(v)

    def softmax_jvp(self, w: Number) -> Number:
        w = self._tempered_tangent(w)
        if not self.style.backward.startswith("quotient"):
            return self._through_softmax(w)
        e, total = self.logits.e, self.logits.total
        moved = e * w
        return moved / total - e * (moved.sum() / (total * total))

    def _through_softmax(self, v: Number) -> Number:
        e, total = self.logits.e, self.logits.total
        if self.style.backward == "quotient":
            pulled = (v * e).sum() / (total * total)
            return (v / total - pulled) * e
        if self.style.backward == "quotient squared":  # JAX's vjp
            square = self.machine.number(np.array([[1.0]])) / (total * total)
            return (v / total - (v * square * e).sum()) * e
        return self._apply(self._probabilities(), v)

    def _apply(self, s: Number, v: Number) -> Number:
        if self.style.backward == "expanded":
            product = s * v
            return product - s * product.sum()
        return s * (v - (s * v).sum())

    def softmax_hvp(self, v: Number, w: Number) -> Number:
        w = self._tempered_tangent(w)
        s = self._probabilities()
        t, mu = (s * v).sum(), (s * w).sum()
        if self.style.second == "factored":
            product = (v - t) * (w - mu)
            return s * (product - (s * product).sum())
        if self.style.second == "expanded":  # PyTorch's softmax_double_backward
            return self._apply(s, (v * w - t * w) - v * mu)
        if self.style.second == "composed":  # JAX's vjp of its vjp
            return self._apply(s, v * (w - mu) - t * w)
        if self.style.second == "quotient reversed":
            return self._vjp_of_quotient_rule(v, w)
        e, r = self.logits.e, self.machine.number(np.array([[1.0]])) / self.logits.total
        b, moved = (v * e).sum(), e * w
        r_moved = -(r * r * moved.sum())
        b_moved = (v * moved).sum()
        first = moved * (v * r - b * (r * r))
        return first + e * (v * r_moved - b_moved * (r * r) - b * r * r_moved * 2.0)

    def _vjp_of_quotient_rule(self, v: Number, w: Number) -> Number:
        """Differentiate (v / S - sum v e / S^2) e backwards, term by term, as JAX's vjp of its vjp of e / S does."""
        e, total, one = self.logits.e, self.logits.total, self.machine.number(np.array([[1.0]]))
        square, cube = one / (total * total), one / (total * (total * total))
        pulled = v * square
        of_e, moved = w * e, (w * e).sum()
        of_total = (v * -(e * moved)).sum() * (cube * -2.0) - (of_e * square * v).sum()
        return ((v / total - (pulled * e).sum()) * w - pulled * moved + of_total) * e

    def _tempered_tangent(self, w: Number) -> Number:
        """A tangent goes through x / T before anything else."""
        return w if self.temperature == 1.0 else self._over_temperature(w)

    def _softmax_output_vjp(self) -> Number:
        q, counted = self._targets()
        question = self.question
        divisor = {"null": 1, "batch": question.x.shape[0], "valid": int(counted.sum())}[question.normalization]
        scale = self.machine.number(np.array([[question.grad_scale]])) / float(max(divisor, 1))
        return ((self._probabilities() - q) * scale).where(counted, 0.0)

    # log_softmax

    def log_softmax_forward(self) -> Number:
        logits = self.logits
        if self.style.logarithm == "lse":
            return self._divided_logits() - (logits.m + logits.total.log())
        return logits.d - logits.total.log()

    def _exp_of_log(self) -> Number:
        match self.style.probabilities:
            case "recomputed":
                return self._recomputed()
            case "anew":
                return self.softmax_forward()
            case _:
                return self.log_softmax_forward().stored().exp()

    def log_softmax_vjp(self, v: Number) -> Number:
        if self.style.backward.startswith("quotient"):
            return v - self.logits.e * (v.sum() / self.logits.total)
        return v - self._exp_of_log() * v.sum()

    def log_softmax_jvp(self, w: Number) -> Number:
        w = self._tempered_tangent(w)
        return w - self._mean(self._exp_of_log(), w)

    def _mean(self, p: Number, w: Number) -> Number:
        if self.style.backward.startswith("quotient"):
            return (self.logits.e * w).sum() / self.logits.total
        return (p * w).sum()

    def log_softmax_hvp(self, v: Number, w: Number) -> Number:
        return self._curvature(-v.sum(), w)

    def _curvature(self, factor: Number, w: Number) -> Number:
        w = self._tempered_tangent(w)
        p = self._exp_of_log()
        if self.style.second in ("factored", "quotient", "quotient reversed"):
            return factor * (p * (w - self._mean(p, w)))
        h = factor * p * w
        return h - p * h.sum()

    # logsumexp

    def logsumexp_forward(self) -> Number:
        return self.logits.m + self.logits.total.log()

    def _of_logsumexp(self) -> Number:
        return self._recomputed() if self.style.probabilities == "recomputed" else self.softmax_forward()

    def logsumexp_vjp(self, c: Number) -> Number:
        return c * (self._of_logsumexp())

    def logsumexp_jvp(self, w: Number) -> Number:
        return self._mean(self._of_logsumexp(), w)

    def logsumexp_hvp(self, c: Number, w: Number) -> Number:
        p = self._of_logsumexp()
        if self.style.second in ("factored", "quotient", "quotient reversed"):
            return c * p * (w - self._mean(p, w))
        h = c * p * w
        return h - p * h.sum()

    # cross entropy

    def _targets(self) -> tuple[Number, Array]:
        question = self.question
        n = question.rows.length
        assert question.targets is not None
        if question.has_indices:
            q = (np.arange(n) == question.targets.reshape(-1, 1)).astype(np.float64)
        else:
            q = question.rows.cut(question.targets)
        number, a = self.machine.number(q), question.label_smoothing
        if a and question.op == "softmax_output":
            number = self.machine.number(np.where(q > 0, 1.0 - a, a / max(n - 1, 1)))
        elif a and self.style.smoothing == "targets":
            number = number * (1.0 - a) + self.machine.number(np.array([[a]])) / float(n)
        return number, question.counted

    def _weighted(self, number: Number, counted: Array) -> Number:
        if self.question.reduction == "mean":
            number = number / float(max(int(counted.sum()), 1))
        return number.where(counted, 0.0)

    def cross_entropy_forward(self) -> Number:
        q, counted = self._targets()
        question, a = self.question, self.question.label_smoothing
        log = self.log_softmax_forward()
        if self.style.loss == "log_softmax":
            log = log.stored()
        if question.has_indices and not (a and self.style.smoothing == "targets"):
            at_target = q.values != 0
            if self.style.loss == "lse":
                d_y = Number(self.machine, np.where(at_target, self.logits.d.values, 0.0).sum(-1, keepdims=True))
                losses = self.logits.total.log() - d_y
            else:
                losses = -Number(self.machine, np.where(at_target, log.values, 0.0).sum(-1, keepdims=True))
        else:
            losses = -((q * log).where(q.values != 0, 0.0)).sum()
        if a and self.style.smoothing == "end":
            losses = losses * (1.0 - a) + (-(log.sum())) * (a / question.rows.length)
        losses = losses.where(counted, 0.0)
        return losses if question.reduction == "none" else self._reduced(losses, counted)

    def _reduced(self, losses: Number, counted: Array) -> Number:
        if self.style.loss == "log_softmax":
            losses = losses.stored()
        if self.question.reduction == "sum":
            return self._over_rows(losses)
        if self.style.weight == "before":
            return self._over_rows(self._weighted(losses, counted))
        return self._over_rows(losses) / float(max(int(counted.sum()), 1))

    def _over_rows(self, losses: Number) -> Number:
        return Number(self.machine, losses.values.T).sum()

    def _pulled(self, c: Number, counted: Array, q: Number) -> Number:
        """The cotangent of log_softmax."""
        a = self.question.label_smoothing
        if a and self.style.smoothing == "end":
            return -(c * (1.0 - a) * q) - c * (a / self.question.rows.length)
        return -(c * q)

    def cross_entropy_vjp(self, c: Number) -> Number:
        q, counted = self._targets()
        before = self.style.weight == "before"
        c = self._weighted(c, counted) if before else c.where(counted, 0.0)
        if self.style.loss == "log_softmax" or self.question.label_smoothing or not self.question.has_indices:
            v = self._pulled(c, counted, q)
            g = v - self._exp_of_log() * v.sum()
        else:
            g = c * (self._exp_of_log() - q)
        return (g if before else self._weighted(g, counted)).where(counted, 0.0)

    def cross_entropy_jvp(self, w: Number) -> Number:
        q, counted = self._targets()
        if self.question.label_smoothing and self.style.smoothing == "end":
            q = -self._pulled(self.machine.number(np.ones_like(counted, dtype=np.float64)), counted, q)
        p = self._exp_of_log()
        if self.style.loss == "lse":
            moved = q.sum() * self._mean(p, w) - (q * w).sum()
        else:
            moved = -(q * (w - self._mean(p, w))).sum()
        moved = moved.where(counted, 0.0)
        return moved if self.question.reduction == "none" else self._reduced(moved, counted)

    def cross_entropy_hvp(self, c: Number, w: Number) -> Number:
        q, counted = self._targets()
        c = self._weighted(c, counted)
        return self._curvature(-(self._pulled(c, counted, q).sum()), w).where(counted, 0.0)
