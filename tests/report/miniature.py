"""A small comparison in which every place, rank and kind of text occurs: what the report's tests render.

Written by hand, so that a test knows what it should read; the tests of the pipeline render real ones.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.adapters.contract import Description
from harness.compare.comparison import AdapterRun, Comparison
from harness.compare.exhibit import Answer, Exhibit
from harness.compare.relation import Pair, PairCount, Pairs, Relation
from harness.compare.verdict import Finding, Verdict
from harness.plan.plan import CaseRecord
from harness.record.recording import Header
from harness.vocabulary import FindingKind, Outcome, Quantity

HOSTILE = "<script>alert(1)</script>"
HOSTILE_TEXT = 'ValueError: <img src="http://evil.example/x.png"> & \x1b[31m|*`\ud800 "quoted"'
PLAN = "3f8a1c" * 10 + "abcd"
REFUSAL = "RuntimeError: grad can be implicitly created only for scalar outputs"


def single(value: float) -> float:
    return float(np.float32(value))


def run(name: str, framework: str, version: str) -> AdapterRun:
    return AdapterRun(
        name=name,
        required=name != "reference",
        header=Header(
            adapter=name,
            plan=PLAN,
            description=Description(
                framework=framework, version=version, device="cpu", threads=2, settings={"capability": "avx2"}
            ),
            python="3.11.2",
            platform={"system": "linux", "machine": "x86_64"},
            packages=(f"{framework.lower()}=={version}", "numpy==2.4.0"),
        ),
    )


ADAPTERS = (
    run("reference", "NumPy", "2.4.0"),
    run("mxnet", "MXNet", "1.9.1"),
    run("torch", "PyTorch", "2.13.0"),
    AdapterRun(name="jax", required=False, why_not="jax has no wheel for this platform"),
)


def record(case: str, *, file: str = "cases/forum.yaml", why: str = "", source: str = "written by hand") -> CaseRecord:
    return CaseRecord(
        id=case,
        why=why or f"shows what {case} shows",
        source=source,
        file=file,
        line=4,
        text=f"- id: {case}\n  op: softmax\n  x: [[0.1, 2]]\n",
        problems=1,
        tags=("small",),
    )


def verdict(adapter: str, case: str, quantity: Quantity, outcome: Outcome, **numbers: object) -> Verdict:
    plain = Verdict(
        adapter=adapter,
        problem=f"{case}[float32]",
        case=case,
        op="softmax",
        axis=1,
        dtype="float32",
        result_dtype="float32",
        output_dtype="float32",
        mode="eager",
        shape=(1, 2),
        cotangent="implicit",
        quantity=quantity,
        outcome=outcome,
    )
    return replace(plain, **numbers)  # type: ignore[arg-type]


def accuracy(
    *, rounded: int, ulps: tuple[float, float], eps: tuple[float, float], at: tuple[int, ...]
) -> dict[str, object]:
    """Fields of two elements: the largest error and the sum of both."""
    return {
        **{"computed": 2, "normal": 2, "rounded": rounded, "normal_ulps_at": at, "eps_at": at},
        **{"normal_ulps": ulps[0], "normal_ulps_sum": ulps[1], "eps": eps[0], "eps_sum": eps[1]},
    }


def row(case: str, quantity: Quantity, *outcomes: Outcome) -> list[Verdict]:
    """Verdicts of the four adapters on one quantity, with numbers where something was judged."""
    numbers: dict[Outcome, dict[str, object]] = {
        Outcome.EXACT: {
            "elements": 2,
            "exact_elements": 2,
            "ulps": 0.0,
            "share": 0.0,
            "at": (0, 0),
            **accuracy(rounded=2, ulps=(0.0, 0.0), eps=(0.0, 0.0), at=(0, 0)),
        },
        Outcome.WITHIN_BOUND: {
            "elements": 2,
            "exact_elements": 1,
            "ulps": 1.0,
            "share": 0.25,
            "row_share": 0.125,
            "at": (0, 1),
            "got": single(0.11318021),
            "want": single(0.11318026),
            **accuracy(rounded=1, ulps=(1.0, 1.0), eps=(0.5, 0.75), at=(0, 1)),
        },
        Outcome.BEYOND_BOUND: {
            "elements": 2,
            "ulps": 1234567.0,
            "share": 4321.5,
            "at": (0, 1),
            "got": 0.25,
            "want": single(0.11318026),
            **accuracy(rounded=0, ulps=(1234567.0, 1234569.0), eps=(98765.0, 98767.0), at=(0, 1)),
        },
        Outcome.UNSUPPORTED: {"detail": "the framework has no forward mode"},
        Outcome.RAISED: {"detail": REFUSAL},
    }
    return [
        verdict(run.name, case, quantity, outcome, **numbers.get(outcome, {}))
        for run, outcome in zip(ADAPTERS, outcomes, strict=True)
    ]


P, M = single(0.11318026), single(-0.11318026)
FORUM_PROBLEM = "forum-summed-output[float32]"
EXHIBIT = Exhibit(
    case="forum-summed-output",
    problem=FORUM_PROBLEM,
    op="softmax",
    dtype="float32",
    axis=1,
    row=(0,),
    x=(single(0.1), 2.0),
    output=(single(0.13010848), single(0.8698916)),
    jacobian=((P, M), (M, P)),
    column_sums=(0.0, 0.0),
    cotangent_name="implicit",
    cotangent=(1.0, 1.0),
    gradient=(0.0, 0.0),
    answers=(
        Answer(adapter="mxnet", problem=FORUM_PROBLEM, quantity=Quantity.VJP, values=(0.0, 0.0)),
        Answer(
            adapter="mxnet",
            problem=FORUM_PROBLEM,
            quantity=Quantity.JACOBIAN,
            rows=((P, M), (M, single(0.11318021))),
            summed=(single(-7.4505806e-09), single(-5.2154064e-08)),
        ),
        Answer(adapter="torch", problem=FORUM_PROBLEM, quantity=Quantity.VJP, words=REFUSAL),
    ),
)

_GOOD = (Outcome.EXACT, Outcome.WITHIN_BOUND, Outcome.EXACT, Outcome.NOT_RUN)
VERDICTS = (
    *row("forum-summed-output", Quantity.FORWARD, *_GOOD),
    *row("forum-summed-output", Quantity.VJP, Outcome.EXACT, Outcome.WITHIN_BOUND, Outcome.RAISED, Outcome.NOT_RUN),
    *row("wrong-rule", Quantity.FORWARD, *_GOOD),
    *row("wrong-rule", Quantity.VJP, Outcome.EXACT, Outcome.BEYOND_BOUND, Outcome.EXACT, Outcome.NOT_RUN),
    *row("wrong-rule", Quantity.JVP, Outcome.EXACT, Outcome.UNSUPPORTED, Outcome.OUTSIDE_RANGE, Outcome.NOT_RUN),
    *row(HOSTILE, Quantity.FORWARD, *_GOOD[:2], Outcome.CRASHED, Outcome.NOT_RUN),
)
FINDINGS = (
    Finding(
        kind=FindingKind.BEYOND_BOUND,
        case="wrong-rule",
        sentence="mxnet: the vjp of softmax is wrong by 4.32e+03 times what rounding can explain",
        problems=("wrong-rule[float32]",),
        adapters=("mxnet",),
        quantity=Quantity.VJP,
        evidence={
            "share": 4321.5,
            "got": 0.25,
            "want in hex": "0x1.cf9618p-4",
            "at": [0, 1],
            "outcome": "beyond bound",
        },
    ),
    Finding(
        kind=FindingKind.CRASHED,
        case=HOSTILE,
        sentence=f"torch: the forward of softmax: {HOSTILE_TEXT}",
        problems=(f"{HOSTILE}[float32]",),
        adapters=("torch",),
        quantity=Quantity.FORWARD,
        evidence={HOSTILE: HOSTILE_TEXT, "worst": float("nan")},
    ),
    Finding(
        kind=FindingKind.LEDGER_STALE,
        case="wrong-rule",
        sentence="The ledger entry old-news no longer happens; remove the entry at cases/ledger.yaml:7",
        adapters=("torch",),
        quantity=None,
    ),
    Finding(
        kind=FindingKind.IMPLICIT_REFUSED,
        case="forum-summed-output",
        sentence=f"torch refuses to differentiate a non-scalar output when no cotangent is given: {REFUSAL}",
        problems=(FORUM_PROBLEM,),
        adapters=("torch",),
        quantity=Quantity.VJP,
        excuse="expected by the case",
    ),
    Finding(
        kind=FindingKind.SUMMED_OUTPUT,
        case="forum-summed-output",
        sentence="Softmax outputs sum to one along the axis whatever the input, so the gradient of that sum is zero.",
        problems=(FORUM_PROBLEM,),
        quantity=Quantity.VJP,
        evidence={"largest correct residue": 4.5e-7},
        excuse="expected by the case",
    ),
    Finding(
        kind=FindingKind.DEGENERATE,
        case="forum-summed-output",
        sentence="Every cotangent of this case is constant along the axis: agreement here proves little.",
        problems=(FORUM_PROBLEM,),
        quantity=Quantity.VJP,
    ),
)


def counted(second: str, quantity: Quantity, relation: Relation, **numbers: object) -> PairCount:
    plain = PairCount(
        first="reference", second=second, op="softmax", dtype="float32", quantity=quantity, relation=relation, count=1
    )
    return replace(plain, **numbers)  # type: ignore[arg-type]


def differing(second: str, problem: str, relation: Relation, **numbers: object) -> Pair:
    plain = Pair(
        first="reference",
        second=second,
        problem=problem,
        other=problem,
        op="softmax",
        other_op="softmax",
        dtype="float32",
        quantity=Quantity.VJP,
        relation=relation,
    )
    return replace(plain, **numbers)  # type: ignore[arg-type]


PAIRS = Pairs(
    counts=(
        counted("mxnet", Quantity.FORWARD, Relation.WITHIN, count=3, share=0.125, problem="wrong-rule[float32]"),
        counted("mxnet", Quantity.VJP, Relation.FAULT, share=4321.5, problem="wrong-rule[float32]"),
        counted("torch", Quantity.FORWARD, Relation.EQUAL, count=2, share=0.0, problem="wrong-rule[float32]"),
        counted("torch", Quantity.VJP, Relation.POLICY, problem=FORUM_PROBLEM),
        counted("jax", Quantity.VJP, Relation.UNANSWERED, count=6),
    ),
    notable=(
        differing("torch", FORUM_PROBLEM, Relation.POLICY),
        differing("mxnet", "wrong-rule[float32]", Relation.FAULT, share=4321.5, faulty=("mxnet",)),
    ),
)
MINIATURE = Comparison(
    plan=PLAN,
    selection=None,
    adapters=ADAPTERS,
    verdicts=VERDICTS,
    findings=FINDINGS,
    cases={
        "forum-summed-output": record(
            "forum-summed-output", source="https://discuss.mxnet.io/t/derivative-of-softmax/2614"
        ),
        "wrong-rule": record("wrong-rule", file="cases/wrong.yaml", source="javascript:alert(1)"),
        HOSTILE: record(HOSTILE, file="cases/wrong.yaml", why=HOSTILE_TEXT, source=f"http://evil.example/{HOSTILE}"),
    },
    themes={"cases/forum.yaml": "The thread that this project answers", "cases/wrong.yaml": HOSTILE},
    exhibits={"forum-summed-output": EXHIBIT},
    pairs=PAIRS,
)
CLEAN = replace(
    MINIATURE,
    verdicts=tuple(v for v in VERDICTS if v.case == "forum-summed-output"),
    findings=tuple(f for f in FINDINGS if f.case == "forum-summed-output"),
)
