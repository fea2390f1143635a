from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare.exhibit import Answer, Exhibit
from harness.compare.verdict import Finding
from harness.repeat.repeats import Smaller, key_of
from harness.report.explanation import explanation
from harness.report.rowtext import answers, mathematics
from harness.vocabulary import FindingKind, Outcome, Quantity
from tests.compare.bench import problem
from tests.report.miniature import CLEAN, EXHIBIT, MINIATURE, row

MASKED = replace(EXHIBIT, op="masked_softmax", parameters="mask", kept=(True, False))
LOSS = replace(
    EXHIBIT,
    op="cross_entropy",
    parameters="targets=indices",
    targets=(1.0,),
    output=(0.5,),
    jacobian=((0.25, -0.25),),
    column_sums=(0.25, -0.25),
    cotangent_name="ones",
    cotangent=(1.0,),
    gradient=(0.25, -0.25),
    tangent=(1.0, 2.0),
    jvp=(-0.25,),
    hvp=(0.125, -0.125),
)
OUTPUT = replace(
    EXHIBIT, op="softmax_output", parameters="targets=indices", targets=(0.0,), jacobian=(), column_sums=()
)
BRAIN = replace(EXHIBIT, dtype="bfloat16", x=(0.10009765625, 2.0), result_dtype="float32")


def numbers(line: str) -> list[str]:
    return line.partition("[")[2].partition("]")[0].split()


def line(text: str, label: str) -> str:
    (found,) = [line for line in text.splitlines() if line.startswith(f"  {label} ")]
    return found


@pytest.mark.parametrize(
    ("shown", "label", "expected"),
    [
        (EXHIBIT, "output", ["0.13010848", "0.8698916"]),
        (EXHIBIT, "their sum", ["0.0", "0.0"]),
        (MASKED, "kept", ["yes", "no"]),
        (LOSS, "output", ["0.5"]),
        (LOSS, "cotangent", ["1.0"]),
        (LOSS, "tangent", ["1.0", "2.0"]),
        (LOSS, "jvp", ["-0.25"]),
        (LOSS, "hvp", ["0.125", "-0.125"]),
        (replace(LOSS, parameters="targets=probabilities", targets=(0.25, 0.75)), "target", ["0.25", "0.75"]),
        (BRAIN, "x", ["0.1", "2.0"]),
        (BRAIN, "output", ["0.13010848", "0.8698916"]),  # of the dtype of the result
    ],
)
def test_a_line_of_the_row_has_its_numbers(shown: Exhibit, label: str, expected: list[str]) -> None:
    assert numbers(line(mathematics(shown), label)) == expected


def test_one_output_has_one_row_of_a_jacobian_and_nothing_to_add_up() -> None:
    text = mathematics(LOSS, reduction="mean")
    assert "their sum" not in text
    assert "cross_entropy reduction=mean targets=indices, axis 1, first row" in text
    assert line(text, "target").endswith("class 1")


def test_an_op_without_a_jacobian_has_none_and_says_why_the_cotangent_has_no_say() -> None:
    text = mathematics(OUTPUT)
    assert "Jacobian" not in text.replace("Jacobian times", "")
    assert "softmax less target: no cotangent has a say" in line(text, "gradient")


def test_what_an_adapter_refuses_in_the_same_words_is_said_once() -> None:
    refused = tuple(
        Answer(adapter="mxnet", problem=EXHIBIT.problem, quantity=quantity, words="unsupported: no such op")
        for quantity in (Quantity.FORWARD, Quantity.VJP, Quantity.VJP)
    )
    told = answers(replace(EXHIBIT, answers=(*refused, replace(refused[0], adapter="jax"))))
    assert told.splitlines()[1:] == [
        "  mxnet      forward, vjp unsupported: no such op",
        "  jax        forward   unsupported: no such op",
    ]


TRACEBACK = (
    'MXNetError: Traceback (most recent call last):\n  File "../src/operator/nn/./softmax-inl.h", line 835\n'
    "MXNetError: This operation only support floating point types, not int32"
)


def test_words_of_several_lines_keep_to_the_indentation_of_what_they_are_said_of() -> None:
    refused = Answer(adapter="mxnet", problem=EXHIBIT.problem, quantity=Quantity.FORWARD, words=TRACEBACK)
    told = answers(replace(EXHIBIT, answers=(refused,))).splitlines()
    assert told[1].startswith("  mxnet      forward   MXNetError: Traceback (most recent call last): File")
    assert [line[:23].strip() for line in told[2:]] == ["", ""]
    raised = replace(MINIATURE.verdicts[0], outcome=Outcome.RAISED, detail=TRACEBACK)
    stand = explanation(replace(MINIATURE, verdicts=(raised,), exhibits={}), raised.case)
    block = stand.partition("How the results stand to the oracle\n")[2].splitlines()
    (first,) = [number for number, line in enumerate(block) if "raised: MXNetError" in line]
    assert block[first].startswith("    ")
    assert all(line.startswith("      ") for line in block[first + 1 : first + 3])
    assert " ".join(" ".join(block[first : first + 3]).split()).endswith(" ".join(TRACEBACK.split()))
    assert max(map(len, (*told, *block))) <= 100


def test_results_that_do_not_agree_for_one_reason_stand_in_one_line() -> None:
    refusing = (Outcome.EXACT, Outcome.UNSUPPORTED, Outcome.EXACT, Outcome.NOT_RUN)
    verdicts = tuple(
        replace(verdict, problem=f"wrong-rule[{number}]")
        for number in range(3)
        for quantity in (Quantity.VJP, Quantity.JVP)
        for verdict in row("wrong-rule", quantity, *refusing)
    )
    told = explanation(replace(MINIATURE, verdicts=verdicts), "wrong-rule")
    assert "    3 problems vjp, jvp: unsupported: the framework has no forward mode" in told.splitlines()
    assert "  torch      6 of 6 agree, the worst with 0 of its bound" in told.splitlines()


def test_a_case_is_explained_with_its_reason_its_findings_and_its_numbers() -> None:
    told = explanation(CLEAN, "forum-summed-output")
    for words in ("shows what forum-summed-output shows", "summed-output-zero-gradient", "gradient of output 1"):
        assert words in told


def test_the_row_of_a_case_is_numbered_only_where_there_are_others() -> None:
    shape = {v.shape for v in MINIATURE.verdicts if v.problem == EXHIBIT.problem}
    assert shape == {(1, 2)}
    case = EXHIBIT.case
    assert "axis 1)" in explanation(MINIATURE, case)
    wider = tuple(replace(v, shape=(3, 2)) for v in MINIATURE.verdicts)
    assert "axis 1, first row)" in explanation(replace(MINIATURE, verdicts=wider), case)


CASE = next(iter(CLEAN.cases))
WRONG = Finding(
    kind=FindingKind.BEYOND_BOUND,
    case=CASE,
    sentence="mxnet: the vjp of softmax is wrong.",
    problems=(f"{CASE}[float64,ones]",),
    adapters=("mxnet",),
    quantity=Quantity.VJP,
    evidence={"at": [0, 1], "got": 0.5, "want": "nan"},
)


def test_what_is_said_of_several_problems_stands_once_with_their_names() -> None:
    numbers = ({"with": "another head", "residue": 1e-7}, {"with": "another head", "residue": 1e-15})
    alike = [
        Finding(
            kind=FindingKind.SUMMED_OUTPUT,
            case=CASE,
            sentence="The gradient is zero.",
            problems=(f"{CASE}[{dtype},ones]",),
            quantity=Quantity.VJP,
            evidence=evidence,
        )
        for dtype, evidence in (("float32", numbers[0]), ("float64", numbers[1]), ("float16", numbers[0]))
    ]
    text = explanation(replace(CLEAN, findings=tuple(alike)), CASE)
    assert text.count("The gradient is zero.") == 1
    lines = [one.strip() for one in text.splitlines()]
    first = lines.index("of [float32,ones], [float16,ones]")
    assert lines[first + 1 : first + 4] == ["(residue: 1e-7)", "of [float64,ones]", "(residue: 1e-15)"]


def test_a_finding_shows_its_element_as_decimals_and_bits() -> None:
    lines = explanation(replace(CLEAN, findings=(WRONG,)), CASE).splitlines()
    first = next(number for number, one in enumerate(lines) if "element [0, 1]" in one)
    assert lines[first].split() == ["element", "[0,", "1]:", "got", "0.5", "0x1p-1"]
    assert lines[first + 1].split() == ["expected", "nan", "nan"]


def test_a_finding_shows_the_smallest_input_that_was_found_to_show_it() -> None:
    smallest = problem([[1.5, -2.0]], [[0.25, 1.0]])
    found = replace(WRONG, evidence={"at": [0, 0], "got": 0.125, "want": 0.0})
    text = explanation(
        replace(CLEAN, findings=(WRONG,)), CASE, {key_of(WRONG): Smaller(problem=smallest, finding=found)}
    )
    part = text.partition("the smallest input that shows it: 1 x 2, softmax in float32 along axis -1")[2]
    lines = part.splitlines()[1:]
    assert [numbers(one) for one in lines[:2]] == [["1.5", "-2.0"], ["0.25", "1.0"]]
    assert [one.split()[0] for one in lines[:2]] == ["x", "cotangent"]
    assert "0x1p-3" in lines[2]
    assert "smallest" not in explanation(replace(CLEAN, findings=(WRONG,)), CASE)
