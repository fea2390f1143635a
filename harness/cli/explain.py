"""``harness explain``: a question in words, or a recorded case: the mathematics, and what came back."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import click

from harness.cli.exits import Exit, leave
from harness.cli.options import current_option
from harness.layout import Layout
from harness.plan.plan import Plan
from harness.plan.store import PlanError, read_plan
from harness.vocabulary import DType, Normalization, Op, Quantity, Reduction

EXAMPLES = """\b
Examples:
  harness explain --op softmax --axis 1 --x '[0.1, 2]' --cotangent ones --got '[0, 0]'
  harness explain --op softmax --axis 1 --x '[[[[0.1]], [[2]]]]' --got '[[[[0]], [[0]]]]'
  harness explain --x '[0.1, 2]' --cotangent one_hot:0 --got '[0.1132, -0.1132]'
  harness explain --op cross_entropy --x '[3, -1, 0.5]' --targets 0 --dtype bfloat16
  harness explain --op logsumexp --x '[1, 2]' --quantity hvp --cotangent 1 --tangent ones
  harness explain forum-summed-output
"""
_NUMBERS = "NUMBERS"
_SETS: dict[str, type[StrEnum]] = {
    "op": Op,
    "dtype": DType,
    "quantity": Quantity,
    "reduction": Reduction,
    "normalization": Normalization,
}


def _one_of(name: str, *, but: tuple[StrEnum, ...] = ()) -> click.Choice[str]:
    return click.Choice([word.value for word in _SETS[name] if word not in but])


_QUESTION = (
    click.option("--op", type=_one_of("op"), help="What is applied to x.  [default: softmax]"),
    click.option("--axis", type=int, help="Along which axis.  [default: -1, the last]"),
    click.option("--x", metavar=_NUMBERS, help="The input: nested lists, or an array as it is printed."),
    click.option("--dtype", type=_one_of("dtype"), help="The dtype of x.  [default: as printed, or float32]"),
    click.option(
        "--quantity", type=_one_of("quantity", but=(Quantity.JACOBIAN,)), help="What is asked.  [default: vjp]"
    ),
    click.option("--cotangent", metavar=_NUMBERS, help="The head gradient: numbers, or ones, zeros, mean, one_hot:K."),
    click.option("--tangent", metavar=_NUMBERS, help="The direction of a jvp or hvp, given as a cotangent is."),
    click.option(
        "--got",
        metavar=_NUMBERS,
        help="What your program returned: it is judged; exit code 1 if wrong, 3 if nothing can say.",
    ),
    click.option("--temperature", metavar="T", help="What x is divided by."),
    click.option("--mask", metavar="TRUTHS", help="True where an element is kept, in the shape of x."),
    click.option("--lengths", metavar="WHOLES", help="How many elements of each row are kept."),
    click.option("--targets", metavar=_NUMBERS, help="Of a loss: a class for each row, or probabilities."),
    click.option("--reduction", type=_one_of("reduction"), help="Of cross_entropy.  [default: none]"),
    click.option("--ignore-index", type=int, help="The class of rows that do not count."),
    click.option("--label-smoothing", metavar="SHARE", help="The share of a target that is spread over all classes."),
    click.option("--grad-scale", metavar="SCALE", help="Of softmax_output."),
    click.option("--normalization", type=_one_of("normalization"), help="Of softmax_output."),
)


def _question(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that ask a question, in their order."""
    for option in reversed(_QUESTION):
        function = option(function)
    return function


@click.command(name="explain", epilog=EXAMPLES)
@click.argument("case", required=False)
@_question
@click.option("--snippets", is_flag=True, help="Of a CASE: print every program that repeats a finding, however long.")
@current_option
def command(case: str | None, reports: Path, *, snippets: bool, **question: Any) -> None:
    """Explain a gradient: of numbers that you give, or of one CASE of the current plan.

    With --x: the exact output, Jacobian, cotangent and gradient, why it is zero where it is, and whether what you --got
    is right. Needs nothing but NumPy. Exit code 1 where what you got is wrong.

    With CASE: the same, with what each recorded framework returned. Needs a plan (`harness plan`).
    """
    said = {name: value for name, value in question.items() if value is not None}
    if case is None:
        if snippets:
            leave(Exit.USAGE, "--snippets without a case: programs repeat what was recorded; give the name of a case")
        raise SystemExit(int(_answer(said)))
    if said:
        option = f"--{next(iter(said)).replace('_', '-')}"
        leave(Exit.USAGE, f"{option} beside the case {case!r}: ask for a case, or give --x and what belongs to it")
    from harness.report.legible import legible  # noqa: PLC0415 - so that --help needs nothing but click

    click.echo(legible(_recorded(case, reports, snippets=snippets)))


def _answer(said: dict[str, Any]) -> Exit:
    """Print the answer to a question in words; return how what was got stands to it."""
    from harness.explain.answer import explained  # noqa: PLC0415 - so that --help needs nothing but click
    from harness.explain.reading import Misread  # noqa: PLC0415
    from harness.explain.text import text_of  # noqa: PLC0415
    from harness.explain.words import Words  # noqa: PLC0415
    from harness.explain.worth import Standing  # noqa: PLC0415

    exits = {Standing.WRONG: Exit.FINDINGS, Standing.UNDECIDED: Exit.NOT_RUN}
    if "x" not in said:
        leave(Exit.USAGE, "nothing to explain: give --x with numbers, as in: --x '[0.1, 2]', or the name of a case")
    asked: dict[str, Any] = {name: _SETS[name](value) if name in _SETS else value for name, value in said.items()}
    try:
        answer = explained(Words(**asked))
    except Misread as error:
        leave(Exit.USAGE, str(error))
    click.echo(text_of(answer))
    return Exit.AGREED if answer.worth is None else exits.get(answer.worth.standing, Exit.AGREED)


def _recorded(case: str, reports: Path, *, snippets: bool) -> str:
    """Return what is to be said of a case of the current plan; ``snippets``: with all programs that repeat it."""
    from harness.cli.repeated import repeats_of, smaller_of  # noqa: PLC0415
    from harness.compare.compare import compare  # noqa: PLC0415
    from harness.compare.gather import gather  # noqa: PLC0415
    from harness.report.explanation import explanation  # noqa: PLC0415
    from harness.report.programs import programs_text  # noqa: PLC0415

    layout = Layout(reports)
    try:
        plan = read_plan(layout.plan)
    except PlanError as error:
        leave(Exit.USAGE, str(error))
    recordings = gather(layout.recordings(selected=plan.selection is not None), plan)
    narrowed = _narrowed(plan, case)
    comparison = compare(narrowed, recordings)
    smaller = smaller_of(comparison, narrowed, reports)
    programs = programs_text(comparison, repeats_of(comparison, narrowed, reports, smaller=smaller), every=snippets)
    return "\n\n".join(filter(None, (explanation(comparison, case, smaller), programs)))


def _narrowed(plan: Plan, case: str) -> Plan:
    """Return the selection of ``plan`` that is one case; leave where it has no such case."""
    if case not in plan.cases:
        near = difflib.get_close_matches(case, plan.cases, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "`harness cases --list` names them all"
        leave(Exit.USAGE, f"the plan has no case {case!r}: {hint}")
    return replace(
        plan,
        problems=tuple(problem for problem in plan.problems if problem.case == case),
        cases={case: plan.cases[case]},
        selection=case,
    )
