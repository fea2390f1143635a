"""What has changed since an earlier run, in words: for the page, the summary and the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harness.compare.change import Change, Changes, Trend
from harness.compare.standing import Place, Standing
from harness.report import figures
from harness.report.unmatched import left_out, unmatched

MOST = 40  # changes that page and summary show; the tables of both runs have all
FEW = 8  # cases that a terminal names of those that are new, and of those that are gone; and results that are lost


def in_words(changes: Changes) -> str:
    """Say in one line how a run stands to the earlier one."""
    counted = "; ".join(
        f"{figures.count(number)} {trend.value}{_still_agree(changes) if trend is Trend.WORSE else ''}"
        for trend, number in changes.total.items()
        if number
    )
    fails = len(changes.failing)
    failing = f"{figures.count(fails) if fails else 'none'} of them {'fails' if fails <= 1 else 'fail'} the run"
    return f"Since {changes.baseline}: {counted or 'nothing to compare'}. {failing[0].upper()}{failing[1:]}."


def _still_agree(changes: Changes) -> str:
    """Say how many results are worse and yet no more wrong than rounding makes them."""
    worse = [one.now for one in changes.changes if one.trend is Trend.WORSE and one.now is not None]
    agree = sum(now.place in (Place.EXACT, Place.WITHIN) for now in worse)
    return f" ({figures.count(agree)} of them within their bounds still)" if agree else ""


def incomparable(changes: Changes) -> tuple[str, ...]:
    """Say why evaluations cannot be compared, and of how many that is so; an adapter that did not run by name."""
    reasons = Counter({f"{name} is not in this run": number for name, number in changes.absent.items()})
    reasons.update({f"{name} is not in the baseline": number for name, number in changes.added.items()})
    reasons.update(
        f"{one.adapter}, {one.why}" if _not_run(one) else one.why
        for one in changes.changes
        if one.trend is Trend.NOT_COMPARABLE and one.adapter not in changes.added
    )
    return tuple(f"{why} ({figures.plural(number, 'evaluation')})" for why, number in reasons.items())


def idle(changes: Changes) -> tuple[str, ...]:
    """Say which adapters have not run, and how many results that agreed are lost by it; each fails the run."""
    found = Counter(one.adapter for one in changes.changes if one.lost and _not_run(one))
    return tuple(f"{name} has not run, and {figures.plural(number, 'result')} agreed" for name, number in found.items())


def lost(changes: Changes) -> tuple[str, ...]:
    """Say which results that agreed an adapter that has run gives no more; no finding does, and each fails the run."""
    return tuple(
        f"{one.adapter} {one.problem} {one.quantity.value}: {difference(one)}"
        for one in changes.changes
        if one.lost and not _not_run(one)
    )


def outside(changes: Changes) -> str:
    """Say what a selection leaves out of the earlier run; nothing where all of it was held against this one."""
    if not changes.outside:
        return ""
    return (
        "A selection is held against the same problems of the earlier run alone: "
        f"{figures.plural(changes.outside, 'evaluation')} of others {'is' if changes.outside == 1 else 'are'} left "
        "out, and none counts as gone."
    )


def in_lines(changes: Changes) -> Iterator[str]:
    """Yield the lines that a terminal shows: the counts, what is lost, what cannot be compared, is new, or is gone."""
    yield in_words(changes)
    gone = (*idle(changes), *lost(changes))
    yield from (f"lost, which fails the run: {one}" for one in gone[:FEW])
    if len(gone) > FEW:
        yield f"lost, which fails the run: and {figures.plural(len(gone) - FEW, 'result')} more"
    yield from (f"not comparable: {reason}" for reason in incomparable(changes))
    for trend in (Trend.NEW, Trend.GONE):
        found = unmatched(changes, trend)
        yield from (f"{trend.value}: {one.name}: {one.sentence}" for one in found[:FEW])
        if more := left_out(len(found), most=FEW):
            yield f"{trend.value}: {more}"
    if said := outside(changes):
        yield said


def told(changes: Changes) -> tuple[Change, ...]:
    """Return the changes that deserve a line, the worst first.

    What has not run, and what is merely new or gone and does not fail the run, has its lines elsewhere.
    """
    silent = (Trend.NEW, Trend.GONE)
    return tuple(one for one in changes.changes if not _not_run(one) and (one.fails or one.trend not in silent))


def _not_run(change: Change) -> bool:
    return any(standing is not None and standing.place is Place.NOT_RUN for standing in (change.then, change.now))


def heading(changes: Changes) -> str:
    """Say how many changes deserve a line, and how many of them have one."""
    number = len(told(changes))
    return f"{figures.plural(number, 'change')}, worst first" + (f": the first {MOST}" if number > MOST else "")


def difference(change: Change) -> str:
    """Say what an evaluation was and what it is now, by how much the two differ, or why nobody can say."""
    return f"{_stood(change.then)} → {_stood(change.now)}" + (f" ({change.why})" if change.why else "")


def versions(changes: Changes) -> list[str]:
    """Return which versions stand beside each other: those that differ, or the one that both runs had."""
    found = []
    for adapter, (then, now) in changes.versions.items():
        if adapter in changes.absent:
            found.append(f"{then or adapter}, which this run lacks")
        elif then and now and then != now:
            found.append(f"{then} → {now}")
        elif now:
            found.append(f"{now} in both" if then else f"{now}, which the earlier run had not")
        else:
            found.append(f"{adapter} did not run")
    return found


def _stood(standing: Standing | None) -> str:
    if standing is None:
        return "not planned"
    numbers = []
    if standing.share is not None:
        numbers.append(f"{figures.share(standing.share)} of the bound")
    if standing.ulps is not None:
        numbers.append(f"{figures.ulps(standing.ulps)} ulp")
    return standing.place.value + (f", {', '.join(numbers)}" if numbers else "")
