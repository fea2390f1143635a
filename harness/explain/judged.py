"""What is said of the result that somebody got: right, wrong, neither, and as far as which of its digits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.explain.worth import GOT, Open, Standing, Worth
from harness.report.elementtext import element_lines
from harness.report.figures import plural, share, size, ulps
from harness.vocabulary import Outcome


def in_words(worth: Worth, name: str) -> str:
    """Return one paragraph; ``name`` is what was asked, as in: gradient (vjp)."""
    return f"{_SAID[worth.standing](worth, name)}{_of_inputs(worth)}"


def elements(worth: Worth) -> Iterator[str]:
    """Yield the lines of the worst element, as decimals and as bits, where the result is wrong."""
    if worth.standing is Standing.WRONG:
        for finding in worth.main[:1]:
            yield from element_lines(finding, worth.verdict.result_dtype or worth.verdict.dtype)


def _right(worth: Worth, name: str) -> str:
    verdict = worth.verdict
    if worth.open is not None:
        return _as_printed(worth.open, worth, name)
    if worth.undefined == verdict.elements:
        return f"What you got is right: the {name} is not defined, and NaN is what says so."
    undefined = f" {_undefined(worth)}" if worth.undefined else ""
    if verdict.outcome is Outcome.EXACT:
        every = "every element of the" if verdict.elements > 1 else "the"
        that = " that is defined" if worth.undefined else ""
        return (
            f"What you got is right: {every} {name}{that} is the exact value, rounded once to {_dtype(worth)}."
            f"{undefined}"
        )
    lost = "".join(f" {told(sentence)}" for sentence in worth.flushed)
    # of a true zero there are no ulps, and of numbers next to it none that anybody would count
    off = "" if verdict.normal_ulps is None else f", {ulps(verdict.normal_ulps)} ulps"
    return (
        f"What you got is right: the {name} is within what rounding in {_dtype(worth)} explains (its worst element has "
        f"{share(verdict.share)} of its bound{off}).{undefined}{lost}"
    )


def _undefined(worth: Worth) -> str:
    return f"{plural(worth.undefined, 'element')} of it {_is(worth.undefined)} not defined, and NaN is what says so."


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _as_printed(left: Open, worth: Worth, name: str) -> str:
    """Say what the digits decide, and what not."""
    place = f"element {list(left.at)}" if left.at else "it"
    times = f"{size(left.bounds)} times what rounding explains" if left.bounds < float("inf") else "where none is due"
    rest = (
        f"The digits leave open up to {size(left.most)} in {place}, {times}: give all of them, or hex floats, to have "
        f"the rest of {_dtype(worth)} judged."
    )
    if left.reads_the_same:
        return (
            f"What you got is right as far as its digits show: the true {name}, written with as many of them, reads "
            f"the same. {rest}"
        )
    if worth.inputs is not None and worth.inputs.open is not None:
        return (
            f"What you got is right as far as the digits show: inputs that print as yours do have a {name} that, "
            f"written with as many digits, reads the same, or rounding in {_dtype(worth)} explains the rest. {rest}"
        )
    return (
        f"What you got may be right: the true {name} reads otherwise, but a number that prints as yours does lies "
        f"within what rounding in {_dtype(worth)} explains. {rest}"
    )


def _wrong(worth: Worth, name: str) -> str:
    said = ["What you got is wrong."]
    said += [told(finding.sentence) for finding in worth.main]
    if worth.main != worth.findings:
        said.append(f"It breaks a law, too, that holds whatever the logits are: {'; '.join(worth.laws)}.")
    return " ".join(said)


def _policy(worth: Worth, name: str) -> str:
    said = " ".join(told(finding.sentence) for finding in worth.main)
    return f"What you got is neither right nor wrong, but a matter of policy. {said}"


def _undecided(worth: Worth, name: str) -> str:
    if worth.findings and worth.inputs is not None:
        return (
            f"What you got is not the {name} of the numbers as they are printed, but their digits do not decide: too "
            f"many of {' and '.join(worth.inputs.options)} have more digits than are printed to say what that leaves "
            "open. Give all of them: `.tolist()` has them."
        )
    return (
        f"No bound says what rounding may do here, so what you got is neither right nor wrong: {worth.verdict.detail}."
    )


def _of_inputs(worth: Worth) -> str:
    """Say what the digits of the inputs leave open, and where all of them are."""
    if worth.inputs is None or worth.standing is Standing.POLICY:
        return ""
    options, left = " and ".join(worth.inputs.options), worth.inputs.open
    if left is None or not left.any():
        return ""
    return (
        f" The digits of {options}, as they are printed, leave open up to {size(float(left.max(initial=0.0)))} of it: "
        "`.tolist()` gives all of them."
    )


def told(sentence: str) -> str:
    """Return the sentence of a finding without the name of who returned the result."""
    bare = sentence.removeprefix(f"{GOT}: ")
    return bare[0].upper() + bare[1:]


def _dtype(worth: Worth) -> str:
    return worth.verdict.result_dtype or worth.verdict.dtype


_SAID: Final = {
    Standing.RIGHT: _right,
    Standing.WRONG: _wrong,
    Standing.POLICY: _policy,
    Standing.UNDECIDED: _undecided,
}
