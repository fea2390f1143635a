"""What has to hold of the counts, and what is said where it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.adapters.contract import Adapter
from harness.selftest.control import Control
from harness.selftest.counts import Count, by_kernel
from harness.selftest.right import RIGHT
from harness.selftest.slips import Slip
from reference.faults import Fault


def complaints(
    control: Control, faults: Sequence[Fault], slips: Sequence[Slip] = (), *, right: Sequence[Adapter] = RIGHT
) -> Iterator[str]:
    """Yield a sentence for each claim that the counts refute; nothing where the harness has proved itself.

    Every fault and every slip was tried, and somewhere changed a result by more than rounding; wherever it did, it was
    caught; where it can be told from the truth, its name is among those that the finding gives; and no right kernel was
    flagged. ``right``: those that had to be tried.
    """
    for names, counts in (
        ([fault.name for fault in faults], by_kernel(control.wrong)),
        ([slip.name for slip in slips], by_kernel(control.slipped)),
    ):
        for name in names:
            yield from _of_wrong(name, counts.get(name, Count()))
    tried = by_kernel(control.right)
    if right and not tried:
        yield "no right kernel was tried"
    for name, count in tried.items():
        if count.flagged:
            where = _listed(count.flags, count.flagged)
            yield f"a right kernel ({name}) was flagged {count.flagged} times of {count.tried}: {where}"


def _of_wrong(name: str, count: Count) -> Iterator[str]:
    if not count.tried:
        yield f"{name} was tried nowhere: no setting of the self-test gives it a place"
    elif not count.due:
        yield f"{name} never changed a result by more than its bound, and {count.tried} tries prove nothing"
    if missed := count.due - count.caught:
        yield f"{name} was missed {missed} times of {count.due}: {_listed(count.missed, missed)}"
    if unnamed := count.tellable - count.named:
        yield f"{name} was not named {unnamed} times of {count.tellable}: {_listed(count.unnamed, unnamed)}"


def _listed(names: Sequence[str], of: int) -> str:
    return "; ".join(names) + (" and others" if of > len(names) else "")
