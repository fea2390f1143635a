"""What has changed since an earlier run, in words: for the page, the summary and the terminal."""

from __future__ import annotations

from harness.compare.change import Change, Changes, Trend
from harness.compare.standing import Place, Standing
from harness.report import figures

MOST = 40  # changes that page and summary show; the tables of both runs have all


def in_words(changes: Changes) -> str:
    """Say in one line how a run stands to the earlier one."""
    counted = ", ".join(
        f"{figures.count(number)} {trend.value}{_still_agree(changes) if trend is Trend.WORSE else ''}"
        for trend, number in changes.total.items()
        if number
    )
    fails = len(changes.failing)
    failing = f"{figures.count(fails) if fails else 'none'} of them {'fails' if fails <= 1 else 'fail'} the run"
    return f"Since {changes.baseline}: {counted or 'nothing to compare'}; {failing}."


def _still_agree(changes: Changes) -> str:
    """Say how many results are worse and yet no more wrong than rounding makes them."""
    worse = [one.now for one in changes.changes if one.trend is Trend.WORSE and one.now is not None]
    agree = sum(now.place in (Place.EXACT, Place.WITHIN) for now in worse)
    return f" ({figures.count(agree)} of them within their bounds still)" if agree else ""


def told(changes: Changes) -> tuple[Change, ...]:
    """Return the changes that deserve a line, the worst first: not those that are merely new, and agree."""
    silent = (Trend.NEW, Trend.GONE)
    return tuple(one for one in changes.changes if one.fails or one.trend not in silent)


def heading(changes: Changes) -> str:
    """Say how many changes deserve a line, and how many of them have one."""
    number = len(told(changes))
    return f"{figures.plural(number, 'change')}, worst first" + (f": the first {MOST}" if number > MOST else "")


def case(change: Change) -> str:
    """Return the case of a change's problem, which is named after it."""
    return change.problem.partition("[")[0]


def difference(change: Change) -> str:
    """Say what an evaluation was and what it is now, by how much the two differ, or why nobody can say."""
    return f"{_stood(change.then)} → {_stood(change.now)}" + (f" ({change.why})" if change.why else "")


def versions(changes: Changes) -> list[str]:
    """Return which versions stand beside each other: those that differ, or the one that both runs had."""
    found = []
    for adapter, (then, now) in changes.versions.items():
        if then and now and then != now:
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
        numbers.append(f"{figures.ulps(standing.ulps)} ulps")
    return standing.place.value + (f", {', '.join(numbers)}" if numbers else "")
