"""Any combination of keys becomes problems that come back from the disk, or faults at places of the file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.plan.faults import BadCases, Fault
from harness.plan.library import load_library, make_plan
from harness.plan.store import read_plan, write_plan
from harness.plan.uses import USES
from harness.vocabulary import DType, Mode, Normalization, Op, Quantity, Reduction
from tests.plan.written_cases import HEAD


def one_or_more(words: list[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True).map(
        lambda some: f"[{', '.join(some)}]"
    )


NUMBERS = ["0", "0.5", "-1", "1e400", ".inf", ".nan", "true", '"0x1p-3"', "1" * 400, "[1, 2]", "word", ""]
ARRAYS = ["0.5", "[]", "[1, 2, 3]", "[[1, 2, 0], [3, 4, 1]]", "[[0, 1], [2]]", "[[], []]", "[[0.5, 0, 1], [1, 0, 0]]"]
ARRAYS += ["{normal: {shape: [2, 3]}}", "{full: {shape: [2, 0]}}", "{full: {shape: [0, 3]}}", "{file: absent.npy}"]
OPERANDS = ["{random: {}}", "{random: {keep: 0.5, seed: 3}}", "{probabilities: {}}", "[true, false, true]", "true"]
OPERANDS += ["[[true, false, true], [false, true, true]]", "[1, 2]", "2", "[0, 1, 0]", "[-100, 2]"]
VECTORS = ["ones", "zeros", "normal", "implicit", "each", "{one_hot: 1}", "{full: 2}", "[ones, implicit]"]
KEYS: dict[str, st.SearchStrategy[str]] = {
    "axis": st.sampled_from(["0", "1", "-1", "[0, 1]", "3"]),
    "dtype": one_or_more(list(DType)),
    "mode": one_or_more(list(Mode)),
    "result_dtype": st.sampled_from(list(DType)),
    "temperature": st.sampled_from([*NUMBERS, "[0.5, 2]"]),
    "mask": st.sampled_from(OPERANDS + ARRAYS),
    "lengths": st.sampled_from(OPERANDS + ARRAYS),
    "targets": st.sampled_from(OPERANDS + ARRAYS),
    "reduction": one_or_more(list(Reduction)),
    "ignore_index": st.sampled_from(["-100", "0", *NUMBERS]),
    "label_smoothing": st.sampled_from(["0.1", *NUMBERS]),
    "grad_scale": st.sampled_from(NUMBERS),
    "normalization": one_or_more(list(Normalization)),
    "cotangent": st.sampled_from(VECTORS + ARRAYS),
    "tangent": st.sampled_from(VECTORS + ARRAYS),
    "check": one_or_more(list(Quantity)),
}
CASES = st.fixed_dictionaries(
    {"op": one_or_more(list(Op)), "x": st.sampled_from(ARRAYS + NUMBERS)},
    optional=KEYS,
)


def mended(case: dict[str, str]) -> dict[str, str]:
    """Return the case for its first op alone, with what that needs and without what it has no use for."""
    op = Op(case["op"].strip("[]").split(",")[0])
    lines = {key: value for key, value in case.items() if op in USES.get(key, tuple(Op))} | {"op": op.value}
    if op.masked:
        lines.pop("lengths" if "mask" in lines else "mask", None)
    for key, needed in (("mask", op.masked and "lengths" not in lines), ("targets", op.has_targets)):
        if needed:
            lines.setdefault(key, "{random: {}}")
    if "int32" in case.get("dtype", ""):
        lines["check"] = "forward"
    for key, quantities in (("cotangent", ("vjp", "hvp")), ("tangent", ("jvp", "hvp"))):
        if not any(quantity in lines.get("check", "vjp") for quantity in quantities):
            lines.pop(key, None)
    return lines


@given(case=CASES | CASES.map(mended))
@settings(max_examples=300)
def test_a_case_is_planned_and_comes_back_or_is_refused_with_its_faults(case: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = HEAD + "".join(f"    {key}: {value}\n" for key, value in case.items())
        (folder / "a.yaml").write_text(text)
        faults: tuple[Fault, ...] = ()
        try:
            plan = make_plan(load_library([folder / "a.yaml"]))
        except BadCases as error:
            faults = error.faults
        if faults:
            assert all(4 <= fault.line <= len(text.splitlines()) and fault.instead for fault in faults)
            return
        assert len({problem.id for problem in plan.problems}) == len(plan.problems)
        write_plan(plan, folder / "plan")
        assert read_plan(folder / "plan").digest == plan.digest
