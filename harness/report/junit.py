"""``junit.xml``: a suite per adapter, a test case per evaluation, and a suite for findings about no evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from junitparser import Attr, Error, Failure, IntAttr, JUnitXml, Skipped, SystemOut, TestCase, TestSuite

from harness.compare.accounts import Accounts
from harness.compare.change import Evaluation
from harness.compare.comparison import AdapterRun, Comparison
from harness.compare.standing import Place
from harness.compare.verdict import Finding, Verdict
from harness.report import figures
from harness.report.files import ReportFile
from harness.report.legible import legible
from harness.report.ranking import in_order
from harness.report.subject import place as place_of
from harness.report.subject import subject

FINDINGS_SUITE = "findings"


class _Placed(TestCase):  # type: ignore[misc]  # junitparser is not typed
    """A test case that says in which line of the YAML it stands, with the attributes that pytest's own files have."""

    file = Attr()
    line = IntAttr()


def junit(comparison: Comparison, accounts: Accounts) -> bytes:
    """Return the comparison as JUnit XML.

    Unsupported evaluations, those outside the range and adapters that need not run are skipped with their reason; what
    differs as expected passes, with the excuse in its output; a required adapter that did not run is an error. A result
    that agreed in the baseline and is lost now fails the run, and is a failure.
    """
    document = JUnitXml(legible(f"softmax-harness plan {comparison.plan}"))
    said: set[int] = set()
    for run in comparison.adapters:
        document.add_testsuite(_suite(run, comparison, accounts, said))
    rest = [finding for finding in in_order(comparison.findings) if id(finding) not in said]
    if rest:
        document.add_testsuite(_findings(rest, comparison))
    text: bytes = document.tostring()
    return text + b"\n"


def _suite(run: AdapterRun, comparison: Comparison, accounts: Accounts, said: set[int]) -> Any:
    suite = TestSuite(legible(run.name))
    cases = []
    lost = _lost(comparison)
    for name, value in _properties(run):
        suite.add_property(legible(name), legible(value))
    if run.required and run.why_not is not None:
        case = TestCase("ran", legible(run.name))
        case.result = [Error(legible(f"a required adapter did not run: {run.why_not}"), "not run")]
        cases.append(case)
    for verdict in comparison.verdicts:
        if verdict.adapter == run.name:
            findings = accounts.findings(verdict)
            said.update(map(id, findings))
            case = _case(run, verdict, place=accounts.place(verdict), findings=findings, lost=lost)
            if any(isinstance(one, Failure | Error) for one in case.result):
                record = comparison.cases.get(verdict.case)
                _at(case, None if record is None else (record.file, record.line))
            cases.append(case)
    suite.add_testcases(cases)  # all at once: one at a time, each counts all before it again
    return suite


def _properties(run: AdapterRun) -> list[tuple[str, str]]:
    found = [("format", ReportFile.JUNIT.format_name)]
    if run.header is not None:
        found += [("python", run.header.python), *run.header.platform.items()]
        if run.header.rows_per_call is not None:
            found.append(("rows per call", str(run.header.rows_per_call)))
        if run.header.description is not None:
            description = run.header.description
            found += [("framework", description.framework), ("version", description.version)]
            found += [("device", description.device), ("threads", str(description.threads))]
            found += description.settings.items()
        found += [("package", package) for package in run.header.packages]
    return found


def _lost(comparison: Comparison) -> dict[Evaluation, str]:
    """Return the baseline by each evaluation that had a result there which agreed, and has none now."""
    changes = comparison.changes
    if changes is None:
        return {}
    return {(one.adapter, one.problem, one.quantity): changes.baseline for one in changes.changes if one.lost}


def _case(
    run: AdapterRun, verdict: Verdict, *, place: Place, findings: list[Finding], lost: Mapping[Evaluation, str]
) -> Any:
    case = _Placed(legible(f"{verdict.problem} {verdict.quantity}"), legible(f"{run.name}.{verdict.case}"))
    said = "\n".join(_sentence(finding) for finding in findings)
    match place:
        case Place.FLAGGED:
            kind = Failure if verdict.outcome.judged else Error
            first = next((f.sentence for f in findings if f.unexpected), _outcome(verdict))
            result = kind(legible(first), verdict.outcome.value)
            result.text = legible("\n".join(filter(None, (_outcome(verdict), said))))
            case.result = [result]
        case Place.UNSUPPORTED | Place.RANGE | Place.NOT_RUN:
            why = f"not run: {run.why_not or verdict.detail}" if place is Place.NOT_RUN else _outcome(verdict)
            baseline = lost.get((verdict.adapter, verdict.problem, verdict.quantity))
            if baseline is None:
                case.result = [Skipped(legible(why))]
            else:
                case.result = [Failure(legible(f"lost: it agreed in {baseline}, and has no result now: {why}"), "lost")]
    if said and place is not Place.FLAGGED:
        case.append(_output(said))
    return case


def _findings(rest: list[Finding], comparison: Comparison) -> Any:
    suite = TestSuite(FINDINGS_SUITE)
    suite.add_property("format", ReportFile.JUNIT.format_name)
    cases = []
    for finding in rest:
        about = subject(finding)
        case = _Placed(legible(f"{about} {finding.kind.value}"), legible(f"{FINDINGS_SUITE}.{about}"))
        if finding.unexpected:
            case.result = [Failure(legible(finding.sentence), finding.kind.value)]
        else:
            case.append(_output(_sentence(finding)))
        _at(case, place_of(finding, comparison))
        cases.append(case)
    suite.add_testcases(cases)
    return suite


def _at(case: Any, place: tuple[str, int] | None) -> None:
    if place is not None:
        case.file, case.line = legible(place[0]), place[1]


def _output(text: str) -> Any:
    output = SystemOut()
    output.text = legible(text)
    return output


def _sentence(finding: Finding) -> str:
    excuse = f" ({finding.excuse})" if finding.excuse else ""
    return f"{finding.kind.value}: {finding.sentence}{excuse}"


def _outcome(verdict: Verdict) -> str:
    parts = [verdict.outcome.value]
    if verdict.share is not None:
        parts.append(f"{figures.share(verdict.share)} of the bound, {figures.ulps(verdict.ulps)} ulps")
    if verdict.got is not None:
        at = f" at {list(verdict.at)}" if verdict.at else ""
        dtype = verdict.result_dtype or verdict.dtype
        got, want = (figures.decimal(value, dtype) for value in (verdict.got, verdict.want))
        parts.append(f"got {got} where {want} is right{at}")
    if verdict.detail:
        parts.append(verdict.detail)
    if verdict.invariants:
        parts.append(f"breaks: {', '.join(verdict.invariants)}")
    return "; ".join(parts)
