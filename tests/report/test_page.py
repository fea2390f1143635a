from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from harness.compare.accounts import Accounts
from harness.compare.relation import Relation
from harness.compare.standing import Place
from harness.compare.table import table
from harness.compare.verdict import Finding, Verdict
from harness.report.errors import errors
from harness.report.feature import feature
from harness.report.files import ReportFile
from harness.report.legible import legible
from harness.report.page import page
from harness.report.sections import web_address
from harness.report.selftest import SelfTest
from harness.vocabulary import FindingKind, Outcome, Quantity
from tests.report.miniature import (
    CLEAN,
    EXHIBIT,
    FINDINGS,
    HOSTILE,
    HOSTILE_TEXT,
    MINIATURE,
    differing,
    verdict,
)


class Page(HTMLParser):
    """What a browser would find in a page: tags with their attributes, the text, and elements never closed."""

    _VOID = frozenset({"meta", "link", "br", "hr", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.strays: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self._VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.strays.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.tags if name in attributes]


@pytest.fixture(scope="module")
def seen() -> Page:
    return Page(page(MINIATURE, Accounts(MINIATURE)))


@pytest.mark.parametrize("comparison", [MINIATURE, CLEAN], ids=["findings", "clean"])
def test_every_element_is_closed(comparison) -> None:
    parsed = Page(page(comparison, Accounts(comparison)))
    assert (parsed.open, parsed.strays) == ([], [])


def test_no_text_from_outside_becomes_markup(seen: Page) -> None:
    tags = [tag for tag, _ in seen.tags]
    assert tags.count("script") == 1  # the page's own
    assert "img" not in tags
    assert HOSTILE in seen.text
    assert legible(HOSTILE_TEXT) in seen.text
    assert "\x1b" not in seen.text


def test_no_attribute_runs_a_script_and_no_address_has_another_scheme(seen: Page) -> None:
    assert not [name for _, attributes in seen.tags for name in attributes if name.startswith("on")]
    schemes = {urlsplit(address).scheme for address in seen.attributes("href")}
    assert schemes <= {"", "http", "https", "data"}


def test_the_page_fetches_nothing(seen: Page) -> None:
    assert seen.attributes("src") == []
    assert not [tag for tag, _ in seen.tags if tag in ("iframe", "object", "embed", "audio", "video", "base")]
    for tag, attributes in seen.tags:
        if tag == "link":
            assert (attributes["href"] or "").startswith("data:")
        elif "href" in attributes:
            assert tag == "a"
    source = page(MINIATURE, Accounts(MINIATURE))
    assert "@import" not in source
    assert "url(" not in source


def test_every_link_within_the_page_has_a_target(seen: Page) -> None:
    targets = set(seen.attributes("id"))
    inside = [address[1:] for address in seen.attributes("href") if address.startswith("#")]
    assert len(inside) > len(MINIATURE.cases)
    assert set(inside) <= targets
    assert len(seen.attributes("id")) == len(targets)


def test_every_link_to_a_file_is_to_a_file_of_the_report(seen: Page) -> None:
    beside = {address for address in seen.attributes("href") if not urlsplit(address).scheme and address[0] != "#"}
    assert beside == {file.value for file in ReportFile} - {"index.html"}


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.kind.value)
def test_every_finding_is_on_the_page(seen: Page, finding) -> None:
    assert legible(finding.sentence) in seen.text
    assert finding.kind.value in seen.text


def test_the_first_screen_has_every_denominator(seen: Page) -> None:
    first = seen.text.partition("Cases by adapters")[2].partition("Findings")[0]
    tally = Accounts(MINIATURE).tally()
    for place in Place:
        assert f"{tally.counts[place]} {place.glyph} {place.value}" in first
    assert f"{tally.planned} planned" in first


def test_an_adapter_that_did_not_run_has_a_column_that_says_why(seen: Page) -> None:
    assert "jax not run: jax has no wheel for this platform" in seen.text.rpartition("Cases by adapters")[2]


def test_the_zero_of_the_forum_is_explained_with_its_numbers_and_each_framework_s_words(seen: Page) -> None:
    told = seen.text.partition("Why is the gradient of softmax zero?")[2].partition("Cases by adapters")[0]
    for words in (
        "constant along the axis",
        "+0.11318026 −0.11318026",
        "−0.11318026 +0.11318026",
        "all rows added up, exactly 0 0",
        "(−0.11318026, 0.11318021) = (−7.4505806e-9, −5.2154064e-8)",
        "mxnet added the outputs up",
        "torch refused",
        "grad can be implicitly created only for scalar outputs",
    ):
        assert words in told


@pytest.mark.parametrize("source", ["https://discuss.mxnet.io/t/derivative-of-softmax/2614", "my own model"])
def test_the_zero_is_told_of_any_source_and_of_a_cotangent_that_was_given(source: str) -> None:
    exhibit = replace(EXHIBIT, cotangent_name="ones")
    cases = {"forum-summed-output": replace(MINIATURE.cases["forum-summed-output"], source=source)}
    comparison = replace(CLEAN, cases=cases, exhibits={"forum-summed-output": exhibit})
    told = Page(page(comparison, Accounts(comparison))).text.partition("Why is the gradient of softmax zero?")[2]
    assert "mxnet returned the gradient (0, 0)" in told
    assert f"From the case forum-summed-output ; source: {source} Zero, because" in told


def test_the_absence_of_faults_is_shown_only_where_something_was_judged() -> None:
    nothing = replace(CLEAN, verdicts=tuple(replace(v, outcome=Outcome.NOT_RUN) for v in CLEAN.verdicts))
    assert "No unexpected fault" in Page(page(CLEAN, Accounts(CLEAN))).text
    unjudged = Page(page(nothing, Accounts(nothing))).text
    assert "Nothing was judged" in unjudged
    assert "No unexpected fault" not in unjudged


def test_the_worst_element_is_shown_in_decimal_and_bits(seen: Page) -> None:
    numbers = seen.text.partition("What its author wrote")[2]
    assert "got 0.25 0x1p-2 want 0.11318026 0x1.cf961ap-4 at (0,1)" in numbers


AGREEING = next(one for one in CLEAN.verdicts if one.outcome is Outcome.WITHIN_BOUND)


def numbers_of(*changed: Verdict, every: bool = True, monkeypatch: pytest.MonkeyPatch) -> str:
    if not every:
        monkeypatch.setattr("harness.report.sections.WIDEST", 0)
    comparison = replace(CLEAN, verdicts=changed)
    return Page(page(comparison, Accounts(comparison))).text.partition("What its author wrote")[2]


@pytest.mark.parametrize(
    ("every", "said"),
    [
        (True, "got 0.11318021 0x1.cf960ep-4 want 0.11318026 0x1.cf961ap-4 at (0,1)"),
        (False, "got 0.11318021 want 0.11318026 at (0,1)"),
    ],
    ids=["few evaluations", "many"],
)
def test_the_worst_element_of_a_result_that_agrees_stands_beside_the_true_value(
    *, every: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said in numbers_of(AGREEING, every=every, monkeypatch=monkeypatch)


def test_of_an_exact_result_one_number_stands_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    found = replace(AGREEING, outcome=Outcome.EXACT, got=0.25, want=0.25)
    assert "exact both 0.25 at (0,1)" in numbers_of(found, monkeypatch=monkeypatch)


@pytest.mark.parametrize(
    ("normal", "said"), [(None, "0.250 0.125 · –"), (1.5, "0.250 1.50 ulp · 0.125 · –")], ids=["none", "elsewhere"]
)
def test_where_zero_is_right_no_error_is_told_in_ulps_of_it(
    normal: float | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = replace(AGREEING, got=1e-7, want=0.0, ulps=3.7e37, normal_ulps=normal)
    text = numbers_of(found, monkeypatch=monkeypatch)
    assert "e37 ulp" not in text
    assert said in text


def test_the_founding_thread_is_told_before_any_other_summed_output() -> None:
    other = replace(FINDINGS[4], case="another")
    comparison = replace(
        CLEAN,
        findings=(other, FINDINGS[4]),
        exhibits={"another": replace(EXHIBIT, case="another"), "forum-summed-output": EXHIBIT},
    )
    told = feature(comparison)
    assert told is not None
    assert told.finding.case == "forum-summed-output"


def test_no_explanation_of_a_zero_is_told_where_the_rows_do_not_cancel() -> None:
    assert feature(replace(CLEAN, exhibits={"forum-summed-output": replace(EXHIBIT, column_sums=(0.5, -0.5))})) is None


@pytest.mark.parametrize("changes", [{"problem": "another-problem"}, {"cotangent": (1.0, 0.0)}, {"cotangent": None}])
def test_no_explanation_of_a_zero_is_told_by_a_row_that_is_shown_for_another_reason(changes: dict[str, object]) -> None:
    assert feature(CLEAN) is not None
    assert feature(replace(CLEAN, exhibits={"forum-summed-output": replace(EXHIBIT, **changes)})) is None


def test_the_row_of_the_worst_finding_is_said_to_be_it() -> None:
    words = f"Of the problem {EXHIBIT.problem} , which the worst finding of wrong numbers is about."
    for worst in (True, False):
        comparison = replace(CLEAN, exhibits={"forum-summed-output": replace(EXHIBIT, worst=worst)})
        assert (words in Page(page(comparison, Accounts(comparison))).text) is worst


def test_a_selection_is_said_to_be_one() -> None:
    comparison = replace(CLEAN, selection="-k forum")
    assert "a selection only: -k forum" in Page(page(comparison, Accounts(comparison))).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"op": "masked_softmax", "kept": (True, False)}, "by x 0 = 0.1 x 1 = 2 masked"),
        (
            {"op": "logsumexp", "output": (2.1393,), "jacobian": ((0.25, 0.75),), "column_sums": (0.25, 0.75)},
            "logsumexp = 2.1393 +0.25 +0.75 Cotangent",  # one row, and nothing to add up
        ),
        (
            {"op": "cross_entropy", "jacobian": ((0.25, -0.25),), "output": (0.5,), "targets": (0.5, 0.5)},
            "target 0.5 0.5 cross_entropy = 0.5 +0.25 −0.25",
        ),
        ({"op": "cross_entropy", "jacobian": ((0.25, -0.25),), "output": (0.5,), "targets": (1.0,)}, "is class 1."),
        (
            {"op": "softmax_output", "jacobian": (), "column_sums": ()},
            "Whatever the cotangent is, the gradient is (0, 0): no derivative of the output",
        ),
        ({"tangent": (1.0, 2.0), "hvp": (0.5, -0.5)}, "In the direction (1, 2) the gradient changes by (0.5, −0.5)"),
        ({"dtype": "bfloat16", "x": (0.10009765625, 2.0)}, "by x 0 = 0.1 by x 1 = 2"),
    ],
    ids=["masked", "one-output", "probabilities", "index", "no-jacobian", "second-order", "bfloat16"],
)
def test_a_row_of_any_op_is_drawn(changes: dict[str, object], words: str) -> None:
    exhibit = replace(EXHIBIT, **changes)
    comparison = replace(CLEAN, findings=(), exhibits={"forum-summed-output": exhibit})
    assert words in Page(page(comparison, Accounts(comparison))).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"op": "softmax", "parameters": "temperature=0.5"}, "softmax temperature=0.5 along axis 1 of (1,2), float32"),
        ({"op": "cross_entropy", "reduction": "mean"}, "cross_entropy reduction=mean along axis 1"),
        ({"dtype": "float16", "output_dtype": "float32"}, "of (1,2), float16 → float32"),
    ],
)
def test_a_problem_is_headed_by_all_that_decides_its_call(changes: dict[str, object], words: str) -> None:
    comparison = replace(CLEAN, verdicts=tuple(replace(v, **changes) for v in CLEAN.verdicts))
    assert words in Page(page(comparison, Accounts(comparison))).text


def test_a_broken_law_is_shown_with_what_was_measured_and_what_is_allowed() -> None:
    broken = Finding(
        kind=FindingKind.SUM_NOT_ONE,
        case="wrong-rule",
        sentence="mxnet: the forward of softmax breaks a law.",
        problems=("wrong-rule[float32]",),
        adapters=("mxnet",),
        quantity=Quantity.FORWARD,
        evidence={"law": "sum-to-one", "row": 3, "error": 0.079264, "bound": 0.00176},
    )
    within = verdict("mxnet", "wrong-rule", Quantity.FORWARD, Outcome.WITHIN_BOUND, share=0.5, ulps=1.0)
    comparison = replace(
        MINIATURE, findings=(broken,), verdicts=(replace(within, invariants=(FindingKind.SUM_NOT_ONE.value,)),)
    )
    text = Page(page(comparison, Accounts(comparison))).text
    assert "measured 0.0793 allowed 0.00176" in text
    assert "law broken: sum of one 0.500 of bound · 1 ulp Probabilities that do not sum to one" in text


def test_how_large_errors_are_stands_beside_the_pictures() -> None:
    found = errors(table(MINIATURE.verdicts))
    told = Page(page(MINIATURE, Accounts(MINIATURE), found)).text
    assert "98765 / 24692 eps · 25 % · 4322" in told
    assert "1 / 0.50 ulp · 50 % · 0.250" in told


def test_how_errors_grow_with_the_axis_is_pictured_and_told_in_numbers() -> None:
    plain = verdict("mxnet", "wrong-rule", Quantity.VJP, Outcome.WITHIN_BOUND, computed=1)
    grown = tuple(replace(plain, shape=(1, n), share=n / 1000, eps=n / 8) for n in (1, 20, 3000))
    comparison = replace(MINIATURE, verdicts=grown, findings=())
    told = Page(page(comparison, Accounts(comparison)))
    assert "vjp, eps float32 1 to 9 – 0.12 – – 10 to 99 – 2.50 – – 1,000 to 9,999 – 375 ✕ – –" in told.text
    assert sum(tag == "svg" for tag, _ in told.tags) == 2  # of shares of the bound, and of lengths


def test_the_score_of_the_self_test_is_on_the_page_where_there_is_one(seen: Page) -> None:
    score = SelfTest(faults={"wrong-axis": (12, 11, 10, 9, 8, 1)}, right=100, flagged=0)
    told = Page(page(MINIATURE, Accounts(MINIATURE), selftest=score)).text
    assert score.sentence in told
    assert "wrong-axis 12 11 10 9 8 1 all 12 11 10 9 8 1" in told
    assert "no self-test was run" not in told
    assert "wrong-axis" not in seen.text


def test_the_pairwise_view_and_what_was_tried_are_on_the_page(seen: Page) -> None:
    assert "reference and mxnet" in seen.text
    assert "mxnet differs from reference in the vjp of softmax in float32; the oracle finds mxnet at fault" in seen.text
    assert "softmax jvp 1 1 · 0 · 1 · 0" in seen.text


def test_equivalent_calls_are_told_by_their_tag() -> None:
    pair = differing("torch", "wrong-rule[float32]", Relation.FACTOR, group="same-as-this", factor=3.0, factor_is="3")
    comparison = replace(MINIATURE, pairs=replace(MINIATURE.pairs, equivalents=(pair,)))
    text = Page(page(comparison, Accounts(comparison))).text
    assert "same-as-this 1 pair of calls, 0 of them equal within rounding" in text
    assert "the first is 3 times (3) the second" in text


def test_a_thousand_problems_stay_a_page_that_a_phone_can_load() -> None:
    many = tuple(
        replace(verdict, case=f"case-{number // 4}", problem=f"case-{number // 4}[float32,{number % 4}]")
        for number in range(1000)
        for verdict in MINIATURE.verdicts[:12]
    )
    comparison = replace(MINIATURE, verdicts=many, findings=())
    assert len(page(comparison, Accounts(comparison)).encode()) < 3_000_000


@pytest.mark.parametrize(
    "source", ["javascript:alert(1)", "data:text/html,x", "//host/x", "https:", "a book", "http://[bad", "http://a b"]
)
def test_only_a_web_address_becomes_a_link(source: str) -> None:
    assert web_address(source) is None


def test_a_web_address_becomes_a_link() -> None:
    assert web_address("https://discuss.mxnet.io/t/2614") == "https://discuss.mxnet.io/t/2614"
