"""The small comparison with everything that a page can show beside: a ledger, an earlier run, lengths, equivalents."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from harness.compare.change import Change, Changes, Trend
from harness.compare.relation import Relation
from harness.compare.standing import Place, Standing
from harness.compare.verdict import Finding
from harness.plan.plan import LedgerEntry
from harness.repeat.repeats import Repeat, key_of
from harness.vocabulary import FindingKind, Outcome, Quantity
from tests.report.miniature import EXHIBIT, FINDINGS, MINIATURE, accuracy, differing, verdict

KNOWN = LedgerEntry(
    id="old-log",
    case=None,
    op=None,
    dtype=None,
    adapter="mxnet",
    kind=FindingKind.BEYOND_BOUND,
    quantity=None,
    largest_error=None,
    owner="upstream",
    why="the logarithm is off",
    link="https://example.org/1",
    version="1.9.1",
    platform="linux-x86_64",
    file="cases/ledger.yaml",
    line=1,
    expires=date(2027, 1, 31),
)
MET = replace(FINDINGS[0], case="forum-summed-output", excuse="known to the ledger", ledger=KNOWN.id)
STALE = Finding(
    kind=FindingKind.LEDGER_STALE,
    case="",
    sentence="It no longer happens: remove it, or find out what changed.",
    adapters=("torch",),
    evidence={"entry": "gone-by", "file": "cases/ledger.yaml", "line": 12},
)
WORSE = Change(
    adapter="mxnet",
    problem="wrong-rule[float32]",
    quantity=Quantity.VJP,
    trend=Trend.WORSE,
    then=Standing(place=Place.WITHIN, share=0.5, ulps=3.0),
    now=Standing(place=Place.FLAGGED, share=4321.5, ulps=1234567.0),
)
GROWN = tuple(
    verdict(
        "torch",
        "wrong-rule",
        Quantity.VJP,
        Outcome.WITHIN_BOUND,
        problem=f"wrong-rule[float32,{length}]",
        shape=(1, length),
        share=share,
        ulps=1.0,
        **accuracy(rounded=1, ulps=(1.0, 1.0), eps=(length / 8, length / 4), at=(0, 1)),
    )
    for length, share in ((1, 0.25), (20, 0.5), (3000, 1.5))
)
WHOLE = replace(
    MINIATURE,
    verdicts=MINIATURE.verdicts + GROWN,
    findings=(*FINDINGS, STALE, MET),
    ledger={KNOWN.id: KNOWN},
    exhibits={**MINIATURE.exhibits, "wrong-rule": replace(EXHIBIT, case="wrong-rule")},
    pairs=replace(
        MINIATURE.pairs,
        equivalents=(
            differing("torch", "wrong-rule[float32]", Relation.FACTOR, group="same-as-this", factor=3.0, factor_is="3"),
        ),
    ),
    changes=Changes(
        baseline="main.parquet",
        versions={"mxnet": ("MXNet 1.8.0", "MXNet 1.9.1")},
        counts={"mxnet": {Trend.WORSE: 1, Trend.UNCHANGED: 5}},
        changes=(WORSE,),
    ),
)
REPEATS = {
    key_of(finding): Repeat(snippet="import torch\n" + "x" * 200, upstream="### A title", about="The smallest input.")
    for finding in WHOLE.findings
}
