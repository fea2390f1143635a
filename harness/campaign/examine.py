"""One problem of a campaign, drawn again, recorded and judged: everything that a person needs to understand it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.campaign.chunk import Contender, JudgedChunk, Step, judge_chunk
from harness.campaign.sample import draw, sample
from harness.compare.place import row_at
from harness.compare.rowcut import RowCut
from harness.compare.verdict import Verdict
from harness.plan.carrier import decoded
from harness.plan.plan import LedgerEntry
from harness.plan.problem import Problem
from reference.rows import Rows

_LONGEST = 16  # elements of a row that a person reads


def examine(
    seed: int, number: int, contenders: Sequence[Contender], *, folder: Path, ledger: Sequence[LedgerEntry], step: Step
) -> JudgedChunk:
    """Record problem ``number`` of ``seed`` in a folder of its own, which stays, and judge it."""
    plan = sample(seed, [number], ledger=ledger)
    name = plan.problems[0].id
    return judge_chunk(plan, contenders, work=folder / "only" / name, step=step, label=name)


def described(seed: int, number: int, outcome: JudgedChunk) -> Iterator[str]:
    """Yield lines: what the problem is, each verdict, and the rows in which an element or row is worst."""
    problem, case = draw(seed, number)
    yield f"{problem.id}: {case.why}"
    for verdict in outcome.verdicts:
        yield _verdict(verdict)
        found = [one for one in outcome.findings if verdict.adapter in one.adapters]
        for finding in (one for one in found if one.quantity is verdict.quantity):
            yield f"    {finding.kind.value}: {finding.sentence} {finding.excuse or ''}".rstrip()
            yield from _row(problem, verdict)


def _verdict(verdict: Verdict) -> str:
    shares = {"element": verdict.share, "row": verdict.row_share, "scalar": verdict.row_scalar}
    numbers = [f"{name} {share:.3g}" for name, share in shares.items() if share is not None]
    words = ", ".join(numbers) or verdict.detail
    return f"  {verdict.adapter} {verdict.quantity}: {verdict.outcome}: {words}"


def _row(problem: Problem, verdict: Verdict) -> Iterator[str]:
    """Yield the arrays along the row of the worst element, in hex, where it is short enough to read."""
    call = problem.call
    if verdict.at is None:
        return
    row = row_at(verdict.at, call, verdict.quantity)
    if row is None:
        yield f"    worst: {list(verdict.at)}, which is made of all rows"
        return
    rows = Rows.of(call.x, call.axis)
    where = f"row {row}" + (f", element {verdict.at[rows.axis]}" if len(verdict.at) == call.x.ndim else "")
    yield f"    worst: {where} of {rows.length}"
    if rows.length > _LONGEST:
        return
    cut = RowCut(call, row=row).call
    for name, dtype in (("x", call.dtype), ("cotangent", call.result_dtype or call.dtype), ("tangent", call.dtype)):
        array = getattr(cut, name)
        if array is not None:
            yield f"    {name} = [{', '.join(float(value).hex() for value in decoded(array, dtype).reshape(-1))}]"
    for name in ("mask", "lengths", "targets"):
        array = getattr(cut, name)
        if array is not None:
            shown = array if array.dtype.kind != "u" else decoded(array, call.dtype)
            yield f"    {name} = {shown.tolist()}"
