"""The messages of `verify`: one for each kind and cause, few in full, some in a line, and where all of them are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.cli.messages import SHOWN, Known, messages
from harness.compare.verdict import Finding
from harness.repeat.repeats import Smaller, key_of
from harness.report.causes import causes
from harness.vocabulary import DType, FindingKind, Quantity
from tests.record.bench import problem

LARGE = problem("large", [[0.0] * 40, [1.0] * 40], dtype=DType.FLOAT32)
SMALL = problem("small", [[1.0, 0.5]], dtype=DType.FLOAT32, cotangent=[[1.0, 0.0]])
KNOWN = Known(problems={"large": LARGE, "small": SMALL}, smaller={}, repeats={})


def finding(name: str, *, kind: FindingKind = FindingKind.BEYOND_BOUND, detail: str = "") -> Finding:
    return Finding(
        kind=kind,
        case=f"case-{name}",
        sentence=f"kernel: {name} is wrong.",
        problems=(name,),
        adapters=("kernel",),
        quantity=Quantity.VJP,
        evidence={"at": [0, 1], "got": 0.1, "want": 0.25, "share": 9.0, "detail": detail},
    )


def said(*findings: Finding, known: Known = KNOWN, programs: dict[int, Path] | None = None) -> list[str]:
    return list(messages(causes(findings), "kernel", known, programs=programs or {}, everything=Path("findings.json")))


def test_one_message_covers_all_problems_of_a_cause_and_shows_the_smallest() -> None:
    lines = said(finding("large"), finding("small"))
    assert lines[1] == (
        "  Error beyond the rounding bound (2 problems, up to 9.000 times the bound of an element), as in case-small:"
    )
    assert "    the same in: large" in lines
    assert lines[-1] == "every finding: findings.json"


def test_the_smallest_input_stands_with_its_numbers_in_decimal_and_hex() -> None:
    worst = finding("large")
    smaller = {key_of(worst): Smaller(problem=SMALL, finding=finding("small"))}
    lines = said(worst, known=Known(problems=KNOWN.problems, smaller=smaller, repeats={}), programs={0: Path("p.py")})
    assert [" ".join(line.split()) for line in lines[3:-1]] == [
        "the smallest input that shows it: 1 x 2, cut from 2 x 40, softmax in float32 along axis -1",
        "x [ 1.0 0.5]",
        "cotangent [ 1.0 0.0]",
        "element [0, 1]: got 0.1 0x1.999999999999ap-4",
        "expected 0.25 0x1p-2",
        "a program that shows it: p.py",
    ]


def test_many_causes_are_bounded() -> None:
    raised = [finding(f"p{n}", kind=FindingKind.RAISED, detail=f"E{n}: no") for n in range(SHOWN + 30)]
    lines = said(*raised)
    assert sum(line.startswith("  The adapter's file raised an exception") for line in lines) < SHOWN + 15
    assert f"  and {30 - 10} other messages" in lines
    assert lines[-1] == "every finding: findings.json"


def test_a_cause_beyond_the_first_ones_has_its_sentence_in_a_line() -> None:
    raised = [finding(f"p{n}", kind=FindingKind.RAISED, detail=f"E{n}: no") for n in range(SHOWN + 2)]
    long = replace(raised[-1], sentence="kernel: raised\n" + 40 * "so much ")
    lines = said(*raised[:-1], long)
    assert lines[-5:-1] == [
        f"  The adapter's file raised an exception (1 problem), as in case-p{SHOWN}:",
        f"    kernel: p{SHOWN} is wrong.",
        f"  The adapter's file raised an exception (1 problem), as in case-p{SHOWN + 1}:",
        "    kernel: raised" + 11 * " so much" + " so ...",
    ]


def test_nothing_is_said_of_nothing() -> None:
    assert said() == []
