"""``index.html``: the whole report as one page that fetches nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.compare.accounts import Accounts
from harness.compare.change import Trend
from harness.compare.comparison import Comparison
from harness.compare.relation import Relation
from harness.compare.standing import Place
from harness.repeat.repeats import Key, Repeat, key_of
from harness.report import figures, lengths, since, unmatched
from harness.report.accuracy import WIDTH, accuracy, bound_pixel, by_op
from harness.report.bounded import FINDINGS, bounded, cases_of
from harness.report.coverage import coverage
from harness.report.errors import Errors
from harness.report.evidence import proof
from harness.report.facets import facets
from harness.report.feature import feature
from harness.report.files import ReportFile
from harness.report.headline import compared, headline, version
from harness.report.ledgerentry import ledger_entry, until
from harness.report.legible import legible
from harness.report.matrix import anchor, cell_anchor, matrix
from harness.report.pairwise import equivalents, remarks, standings
from harness.report.ranking import Gathered, Rank, ranked
from harness.report.sections import WIDEST, sections, web_address
from harness.report.selftest import HEADS, SelfTest
from harness.report.subject import subject
from harness.report.unverified import gaps
from harness.vocabulary import DType, Outcome

LONGEST = 400  # characters of a message shown beside the numbers; the tables beside the page have it whole
PROBLEMS_NAMED = 8
FAILURES_OPEN = 12  # findings of one kind that are shown at once; the rest unfold
SCRIPTS = tuple(f"script-{name}.js" for name in ("fold", "filter", "address", "print", "scroll"))
REMARKS_OPEN = 8  # remarks on pairs of adapters that are shown at once; more unfold


def page(
    comparison: Comparison,
    accounts: Accounts,
    found: Sequence[Errors] = (),
    repeats: Mapping[Key, Repeat] = MappingProxyType({}),
    selftest: SelfTest | None = None,
) -> str:
    """Return the page as HTML, with style and script inside; every text from outside is escaped.

    ``repeats`` holds the programs that repeat findings, by :func:`~harness.repeat.repeats.key_of`; ``selftest`` is the
    score of the last self-test, where there was one.
    """
    programs = {key: one for key, one in repeats.items() if one.snippet}
    part = bounded(comparison)
    themes, stand = matrix(part, accounts), standings(comparison)
    tallies = {
        run.name: accounts.tally(verdict for verdict in comparison.verdicts if verdict.adapter == run.name)
        for run in comparison.adapters
    }
    return (
        _environment()
        .get_template("index.html.j2")
        .render(
            format=ReportFile.PAGE.format_name,
            style=_asset("style.css"),
            script="".join(map(_asset, SCRIPTS)),
            comparison=comparison,
            headline=headline(comparison),
            compared=compared(comparison),
            tally=accounts.tally(),
            tallies=tallies,
            ranks=ranked(comparison.findings),
            feature=feature(comparison),
            themes=themes,
            facets=facets(part, accounts),
            shown=cases_of(part),
            cases_in_all=len(cases_of(comparison)),
            cells={(verdict.case, verdict.adapter) for verdict in part.verdicts},
            sections=sections(part, accounts, themes),
            ops=by_op(accuracy(comparison, found)),
            lengths=lengths.lengths(comparison),
            coverage=coverage(comparison),
            standings=stand,
            relations=[relation for relation in Relation if any(one.counts[relation] for one in stand)],
            remarks=remarks(comparison),
            equivalents=equivalents(comparison),
            gaps=gaps(comparison, accounts, judge_tried=selftest is not None),
            selftest=selftest,
            selftest_heads=HEADS,
            repeat_of=lambda finding: programs.get(key_of(finding)),
            entry_of=lambda finding: ledger_entry(finding, comparison),
            **_since(comparison),
        )
    )


def load_templates() -> None:
    """Compile the templates of the page now, so that it is written sooner later."""
    for name in _environment().list_templates(extensions=["j2"]):
        _environment().get_template(name)


def _since(comparison: Comparison) -> dict[str, Any]:
    """Return what the page says of an earlier run; nothing where none was given."""
    changes = comparison.changes
    if changes is None:
        return {"changes": None}
    return {
        "changes": changes,
        "changes_in_words": since.in_words(changes),
        "change_versions": since.versions(changes),
        "changes_outside": since.outside(changes),
        "idle": since.idle(changes),
        "incomparable": since.incomparable(changes),
        "one_sided": {trend: unmatched.unmatched(changes, trend) for trend in (Trend.NEW, Trend.GONE)},
        "told": since.told(changes)[: since.MOST],
        "told_heading": since.heading(changes),
        "trends": [trend for trend, number in changes.total.items() if number],
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.report"),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "anchor": anchor,
        "brief": _brief,
        "case_of": unmatched.case_of,
        "cell_anchor": cell_anchor,
        "count": figures.count,
        "decimal": figures.decimal,
        "decimals": figures.decimals,
        "difference": since.difference,
        "proof": proof,
        "hexadecimal": figures.hexadecimal,
        "percent": figures.percent,
        "plural": figures.plural,
        "shape": figures.shape,
        "share": figures.share,
        "signed": figures.signed,
        "sum_of_findings": _findings,
        "subject": subject,
        "ulps": figures.ulps,
        "until": until,
        "version": version,
        "web_address": web_address,
    }
    environment.globals |= {
        "Place": Place,
        "bound_pixel": bound_pixel(),
        "strip_width": WIDTH,
        "plot_height": lengths.HEIGHT,
        "plot_width": lengths.WIDTH,
        "widest": WIDEST,
        "Rank": Rank,
        "outcomes": tuple(Outcome),
        "all_dtypes": tuple(DType),
        "failures_open": FAILURES_OPEN,
        "findings_most": FINDINGS,
        "remarks_open": REMARKS_OPEN,
        "left_out_of": unmatched.left_out,
        "unmatched_most": unmatched.MOST,
        "problems_named": PROBLEMS_NAMED,
    }
    return environment


def _finalize(value: Any) -> Any:
    return legible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _asset(name: str) -> str:
    return files("harness.report").joinpath("templates", name).read_text(encoding="utf-8")


def _brief(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST].rstrip() + " …"


def _findings(kinds: tuple[Gathered, ...]) -> str:
    return figures.count(sum(len(gathered.findings) for gathered in kinds))
