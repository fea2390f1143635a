"""What has changed since an earlier run, evaluation by evaluation, and which of it fails the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from harness.compare.accounts import Accounts
from harness.compare.change import Baseline, Change, Changes, Evaluation, Trend
from harness.compare.comparison import AdapterRun, Comparison
from harness.compare.standing import Place, Standing
from harness.compare.verdict import Verdict

# from good to bad; between places of one number the shares of the bound decide
_RANKS: Final = {
    Place.EXACT: 0,
    Place.WITHIN: 0,
    Place.RANGE: 1,
    Place.EXPECTED: 2,
    Place.UNSUPPORTED: 3,
    Place.FLAGGED: 4,
}

_SAME: Final = "the same bits, judged or excused otherwise"


def changes_since(baseline: Baseline, comparison: Comparison) -> Changes:
    """Return what has changed from ``baseline`` to ``comparison``.

    Evaluations of adapters that take part in one of the runs alone are counted as not comparable. A selection is held
    against its own problems alone: whether the earlier run's others are gone, or merely not selected, nobody can tell.
    """
    accounts = Accounts(comparison)
    now = {_key(verdict): _standing(verdict, accounts) for verdict in comparison.verdicts}
    runs = {run.name: version_of(run) for run in comparison.adapters}
    problems = {verdict.problem for verdict in comparison.verdicts}
    within = {
        key: standing
        for key, standing in baseline.standings.items()
        if comparison.selection is None or key[1] in problems
    }
    absent = Counter(adapter for adapter, *_ in within if adapter not in runs)
    then = {key: standing for key, standing in within.items() if key[0] in runs}
    counts: dict[str, Counter[Trend]] = {name: Counter() for name in sorted({*runs, *absent})}
    had = {adapter for adapter, *_ in baseline.standings}
    added = Counter(adapter for adapter, *_ in now if adapter not in had)
    found = [
        _change(key, then.get(key), now.get(key), held=key[0] not in added) for key in dict.fromkeys((*now, *then))
    ]
    for one in found:
        counts[one.adapter][one.trend] += 1
    for name, number in absent.items():
        counts[name][Trend.NOT_COMPARABLE] += number
    changed = [one for one in found if one.trend is not Trend.UNCHANGED and (one.fails or one.adapter not in added)]
    return Changes(
        baseline=baseline.name,
        versions={name: (baseline.versions.get(name, ""), runs.get(name, "")) for name in (*runs, *sorted(absent))},
        counts={name: dict(sorted(own.items(), key=lambda item: _ORDER[item[0]])) for name, own in counts.items()},
        changes=tuple(sorted(changed, key=_weight)),
        absent=dict(sorted(absent.items())),
        added=dict(sorted(added.items())),
        outside=len(baseline.standings) - len(within),
    )


def version_of(run: AdapterRun) -> str:
    """Return the framework and version behind an adapter, empty where no recording says."""
    description = run.header.description if run.header else None
    return f"{description.framework} {description.version}" if description else ""


_ORDER: Final[Mapping[Trend, int]] = {trend: number for number, trend in enumerate(Trend)}


def _weight(change: Change) -> tuple[bool, int, int, float]:
    """Return what sorts changes: what fails, the trend, and then how far places and shares of the bound have moved."""
    then, now = _share(change.then), _share(change.now)
    shares = 0.0 if then == now else abs(now - then)  # both may be infinite
    return not change.fails, _ORDER[change.trend], -abs(_fallen(change.then, change.now)), -shares


def _fallen(then: Standing | None, now: Standing | None) -> int:
    """Return by how many ranks a place is worse: none where a wrong result is known now, which mends nothing."""
    if then is None or now is None or Place.NOT_RUN in (then.place, now.place):
        return 0
    if (then.place, now.place) == (Place.FLAGGED, Place.EXPECTED):
        return 0
    return _RANKS[now.place] - _RANKS[then.place]


def _share(standing: Standing | None) -> float:
    return 0.0 if standing is None else standing.share or 0.0


def _key(verdict: Verdict) -> Evaluation:
    return verdict.adapter, verdict.problem, verdict.quantity


def _standing(verdict: Verdict, accounts: Accounts) -> Standing:
    shares = [share for share in (verdict.share, verdict.row_share, verdict.row_scalar) if share is not None]
    return Standing(
        place=accounts.place(verdict),
        share=max(shares) if shares else None,
        ulps=verdict.ulps,
        inputs=verdict.inputs,
        result=verdict.result,
        precision=" ".join(filter(None, (verdict.working, verdict.accumulation, " ".join(verdict.forms)))),
    )


def _change(key: Evaluation, then: Standing | None, now: Standing | None, *, held: bool) -> Change:
    adapter, problem, quantity = key
    trend, why = _trend(then, now) if held else (Trend.NOT_COMPARABLE, f"{adapter} is not in the baseline")
    return Change(adapter=adapter, problem=problem, quantity=quantity, trend=trend, then=then, now=now, why=why)


def _trend(then: Standing | None, now: Standing | None) -> tuple[Trend, str]:
    if then is None:
        return Trend.NEW, ""
    if now is None:
        return Trend.GONE, ""
    if then.place is Place.NOT_RUN:
        return (Trend.UNCHANGED, "") if now.place is then.place else (Trend.NOT_COMPARABLE, "not run then")
    if now.place is Place.NOT_RUN:
        agreed = then.place in (Place.EXACT, Place.WITHIN)
        return Trend.WORSE if agreed else Trend.NOT_COMPARABLE, "not run now"
    if not then.inputs:
        return Trend.NOT_COMPARABLE, "the baseline does not say which inputs it had"
    if then.inputs != now.inputs:
        return Trend.NOT_COMPARABLE, "the inputs are others: the case has been edited"
    fallen = _fallen(then, now)
    if fallen:
        same = bool(now.result) and then.result == now.result
        return (Trend.WORSE if fallen > 0 else Trend.BETTER), _SAME if same else ""
    if then.result == now.result and then.share == now.share:
        return Trend.UNCHANGED, ""
    if then.precision != now.precision:
        return Trend.NOT_COMPARABLE, "the kernel declares another precision, so its bound is another one"
    before, after = _share(then), _share(now)
    if before == after:
        return Trend.CHANGED, ""
    return (Trend.WORSE if after > before else Trend.BETTER), ""
