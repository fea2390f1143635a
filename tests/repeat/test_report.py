"""What repeats a finding stands in the page and in findings.json, whatever it holds; and nothing else is changed."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from harness.adapters.contract import Description
from harness.compare.accounts import Accounts
from harness.compare.comparison import AdapterRun, Comparison
from harness.compare.verdict import Finding
from harness.record.recording import Header
from harness.repeat.chosen import Known, chosen
from harness.repeat.repeats import Repeat, key_of, repeats
from harness.report.files import ReportFile
from harness.report.page import page
from harness.report.ranking import TITLES
from harness.report.write import render
from harness.vocabulary import DType, FindingKind, Quantity
from tests.record.bench import problem
from tests.report.miniature import FINDINGS, MINIATURE

HOSTILE = "</pre><script>alert(7)</script>\n```\n& more"
FAULT = next(one for one in FINDINGS if one.unexpected)
REPEAT = Repeat(snippet=HOSTILE, upstream=HOSTILE, about=HOSTILE)
HEADER = Header(
    adapter="torch",
    plan="p",
    description=Description(framework="PyTorch", version="2.13.0", device="cpu", threads=1),
    python="3.11.7",
)


def fault(kind: FindingKind = FindingKind.BEYOND_BOUND, **evidence: object) -> Finding:
    numbers = {"at": [0, 1], "got": 0.25, "want": 0.5, "share": 3.0, **evidence}
    return Finding(
        kind=kind,
        case="a-case",
        sentence="torch: it is wrong.",
        problems=("a",),
        adapters=("torch",),
        quantity=Quantity.FORWARD,
        evidence=numbers,
    )


def repeated(finding: Finding, x: object = ((0.1, 2.0),)) -> Repeat:
    comparison = Comparison(
        plan="p",
        selection=None,
        adapters=(AdapterRun(name="torch", required=True, header=HEADER),),
        verdicts=(),
        findings=(finding,),
    )
    asked = problem("a", x, dtype=DType.FLOAT32)
    (found,) = repeats(comparison, [asked], titles=TITLES.__getitem__, smaller={}).values()
    return found


def test_the_page_escapes_every_text_of_a_repeat() -> None:
    written = page(MINIATURE, Accounts(MINIATURE), (), {key_of(FAULT): REPEAT})
    assert "<script>alert" not in written
    assert written.count("&lt;script&gt;alert(7)") == 3


def test_findings_json_has_the_repeat_with_its_finding_alone() -> None:
    listed = json.loads(render(MINIATURE, lambda: {key_of(FAULT): REPEAT})[ReportFile.FINDINGS])["findings"]
    (one,) = [entry for entry in listed if "repeat" in entry]
    assert one["kind"] == FAULT.kind.value
    assert one["repeat"] == {"about": HOSTILE, "snippet": HOSTILE, "upstream": HOSTILE}


def test_a_finding_without_a_program_says_why_not_and_the_page_offers_none() -> None:
    reason = Repeat(about="Such is the reason.")
    listed = json.loads(render(MINIATURE, lambda: {key_of(FAULT): reason})[ReportFile.FINDINGS])["findings"]
    assert [entry["repeat"] for entry in listed if "repeat" in entry] == [{"about": "Such is the reason."}]
    assert "Repeat it without this harness" not in page(MINIATURE, Accounts(MINIATURE), (), {key_of(FAULT): reason})


def test_a_fault_whose_input_is_too_long_for_a_program_says_so() -> None:
    noise = np.random.default_rng(1).standard_normal((1, 8000)).astype(np.float32)
    found = repeated(fault(), noise)
    assert (found.snippet, "`harness shrink`" in found.about) == ("", True)


def test_a_program_with_a_packed_input_says_how_to_get_a_smaller_one_but_not_to_its_makers() -> None:
    noise = np.random.default_rng(1).standard_normal((1, 300)).astype(np.float32)
    found = repeated(fault(), noise)
    assert "`harness shrink` looks for a smaller input." in found.about
    assert "harness" not in found.upstream


def test_a_fault_that_several_frameworks_show_has_no_program() -> None:
    both = replace(fault(), adapters=("torch", "jax"))
    assert repeated(both) == Repeat(about="It is about more than one call: no single program shows it.")


def test_a_program_prints_the_element_and_the_exact_value() -> None:
    lines = repeated(fault()).snippet.splitlines()
    assert "value, expected = got[0, 1], 0.5" in lines
    assert "x = torch.from_numpy(np.array([[0.1, 2.0]], np.float32))" in lines


def test_a_program_is_one_whatever_the_framework_said() -> None:
    said = 'RuntimeError: no\nimport os; os.remove("x")'
    code = repeated(fault(FindingKind.RAISED, detail=said)).snippet
    compile(code, "snippet", "exec")
    assert not any(line.startswith("import os") for line in code.splitlines())


def test_a_report_to_its_makers_says_what_is_wrong_in_their_words() -> None:
    text = repeated(fault()).upstream
    assert text.startswith("# PyTorch 2.13.0: forward of softmax in float32: Error beyond the rounding bound\n")
    assert "Element [0, 1] is 0.25; the exact value, rounded once, is 0.5." in text
    assert "3 times what rounding can explain" in text
    assert "- Python 3.11.7" in text


def test_a_report_to_its_makers_has_numbers_where_the_evidence_has_words() -> None:
    undefined = fault(FindingKind.UNDEFINED_ROW, got="-inf", want="nan", share=None)
    undefined = replace(undefined, evidence=undefined.evidence | {"got in hex": "-inf", "want in hex": "nan"})
    lines = repeated(undefined).upstream.splitlines()
    assert "- got at [0, 1]: `-inf`" in lines
    assert "- expected: `nan`" in lines
    assert "The exact value was computed with twice the precision of float64." not in lines
    (claim,) = [line for line in lines if line.startswith("Element")]
    assert claim.startswith("Element [0, 1] is -inf, where nan is due. Such a row has no value:")
    finite = repeated(fault()).upstream.splitlines()
    assert "- got at [0, 1]: `0.25` (`0x1.0000000000000p-2`)" in finite
    assert "- expected: `0.5` (`0x1.0000000000000p-1`), the exact value rounded once" in finite


def test_a_row_whose_elements_disagree_is_shown_whole() -> None:
    code = repeated(fault(FindingKind.INCONSISTENT_ROW, row_at=[0])).snippet
    exact = np.exp([0.1, 2.0]) / np.exp([0.1, 2.0]).sum()
    namespace: dict[str, object] = {"np": np, "h": float.fromhex, "got": np.zeros((1, 2))}
    exec("\n".join(code.splitlines()[-4:]), namespace)  # noqa: S102 - written here
    assert np.allclose(np.asarray(namespace["expected"], float), exact, rtol=1e-6)


@pytest.mark.parametrize(("known", "count"), [(Known.NONE, 1), (Known.ONE, 2), (Known.ALL, 4)])
def test_of_known_faults_one_of_each_entry_is_shrunk(known: Known, count: int) -> None:
    excused = [
        Finding(
            kind=FindingKind.BEYOND_BOUND,
            case=f"case-{k}",
            sentence="",
            problems=(f"p{k}",),
            adapters=("torch",),
            quantity=Quantity.VJP,
            excuse="known",
            ledger="an-entry",
        )
        for k in range(3)
    ]
    taken = chosen([*excused, fault()], known)
    assert [len(taken["torch"]), taken["torch"][0].unexpected] == [count, True]


@pytest.mark.parametrize("kind", [FindingKind.TIMED_OUT, FindingKind.UNDEFINED_ROW, FindingKind.SATURATED])
def test_what_is_slow_or_no_fault_is_not_shrunk(kind: FindingKind) -> None:
    assert chosen([fault(kind)], Known.ALL) == {}
