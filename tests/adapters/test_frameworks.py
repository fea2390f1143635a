"""What MXNet 1.9.1, PyTorch 2.13.0 and JAX 0.10.2 return through their adapters; each recorded in its own Python."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.record.recording import Raised, Recording, Returned, Unsupported
from harness.record.store import read_recording
from harness.vocabulary import DType, Mode, Op, Quantity
from tests.adapters.interpreters import ROOT, interpreter, record
from tests.record.bench import around_the_mark, problem, write

FRAMEWORKS = ("reference", "mxnet", "torch", "jax")
EVERY = tuple(Quantity)
F32 = DType.FLOAT32
INF, NAN = np.inf, np.nan
ROWS = {
    "masked": [-INF, 0, 1],
    "all-masked": [-INF, -INF, -INF],
    "nan": [NAN, 0, 1],
    "infinite": [INF, 0, 1],
}
PROBLEMS = [
    problem("forum", [[[[0.1]], [[2]]]], axis=1, dtype=F32, cotangent=None),
    problem("jacobian", [[0.1, 2]], axis=1, dtype=F32, check=EVERY),
    problem("float64", [[0.1, 2]], axis=1, check=EVERY),
    problem("log float64", [[0.1, 2]], op=Op.LOG_SOFTMAX, axis=1, check=EVERY),
    problem("one element", [2], axis=0, dtype=F32, cotangent=None),
    problem("no axes", 2, dtype=F32, check=EVERY),
    problem("no axes implicit", 2, dtype=F32, cotangent=None),
    problem("empty axis", np.zeros((5, 0)), dtype=F32, check=EVERY),
    problem("empty batch", np.zeros((0, 5)), dtype=F32, check=EVERY),
    problem("rank 5", np.arange(48.0).reshape(2, 3, 2, 2, 2) / 9, axis=-4, dtype=F32, check=EVERY),
    *(problem(mode.value, [[0.1, 2]], axis=1, dtype=F32, mode=mode) for mode in Mode if mode is not Mode.DEFAULT),
    *(problem(f"{name} row", [row], op=op, dtype=F32) for name, row in ROWS.items() for op in [Op.SOFTMAX]),
    *(problem(f"{name} column", np.transpose([row]), axis=0, dtype=F32) for name, row in ROWS.items()),
]


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Recording]:
    reports = tmp_path_factory.mktemp("frameworks")
    plan = write(reports, PROBLEMS)

    @functools.cache
    def recording(framework: str) -> Recording:
        record(framework, reports)
        return read_recording(reports / "recordings" / framework, plan=plan.digest)

    return recording


@pytest.fixture(params=FRAMEWORKS)
def recording(request: pytest.FixtureRequest, recorded: Callable[[str], Recording]) -> Recording:
    return recorded(request.param)


@pytest.fixture
def mxnet(recorded: Callable[[str], Recording]) -> Recording:
    return recorded("mxnet")


def value(recording: Recording, name: str, quantity: Quantity = Quantity.FORWARD) -> np.ndarray[Any, Any]:
    result = recording.entries[name, quantity].result
    assert isinstance(result, Returned), result
    return result.value


def returned(recording: Recording, name: str) -> dict[Quantity, np.ndarray[Any, Any]]:
    """Return what came back for a problem; what a framework lacks is left out."""
    found = {q: recording.entries[name, q].result for q in EVERY if (name, q) in recording.entries}
    return {q: result.value for q, result in found.items() if isinstance(result, Returned)}


@pytest.mark.parametrize(
    ("framework", "version", "device", "threads"),
    [
        ("mxnet", "1.9.1", "cpu", 1),
        ("torch", "2.13.0", "cpu", 1),
        ("jax", "0.10.2", "cpu", len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None),
    ],
)
def test_the_header_says_what_ran_and_it_is_what_the_project_is_written_for(
    framework: str, version: str, device: str, threads: int | None, recorded: Callable[[str], Recording]
) -> None:
    header = recorded(framework).header
    description = header.description
    assert description is not None
    assert (description.version.partition("+")[0], description.device) == (version, device)
    assert threads in (None, description.threads)
    assert f"{framework}=={description.version}" in header.packages
    assert header.platform["instructions"] != ""


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="counts memory maps by /proc")
def test_eager_jax_forgets_the_code_of_other_shapes() -> None:
    script = """
import numpy as np
from harness.adapters.jax import JaxAdapter
from harness.call import Call
from harness.vocabulary import DType, Mode, Op

adapter = JaxAdapter()
for length in range(2, 8):
    x = np.ones(length)
    call = Call(op=Op.LOG_SOFTMAX, axis=-1, dtype=DType.FLOAT64, mode=Mode.EAGER, x=x, cotangent=x)
    adapter.vjp(call)
    with open("/proc/self/maps") as maps:
        print(len(maps.readlines()))
"""
    done = subprocess.run(
        [interpreter("jax"), "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=300, check=True
    )
    first, *_, last = map(int, done.stdout.split())
    assert last - first < 50  # each of the other five shapes would add twenty


def test_the_forums_numbers_come_out_of_mxnet_digit_for_digit(mxnet: Recording) -> None:
    assert [str(x) for x in value(mxnet, "forum").ravel()] == ["0.13010848", "0.8698916"]
    assert value(mxnet, "forum", Quantity.VJP).ravel().tolist() == [0.0, 0.0]
    rows = value(mxnet, "jacobian", Quantity.JACOBIAN).reshape(2, 2)
    assert [str(row) for row in rows] == ["[ 0.11318026 -0.11318026]", "[-0.11318026  0.11318021]"]
    assert str(rows[0] + rows[1]) == "[-7.4505806e-09 -5.2154064e-08]"


def test_mxnet_has_no_forward_mode_and_says_so(mxnet: Recording) -> None:
    assert mxnet.entries["jacobian", Quantity.JVP].result == Unsupported("MXNet has no forward-mode differentiation")


def test_a_jacobian_made_of_vjps_says_so(mxnet: Recording) -> None:
    method = mxnet.entries["jacobian", Quantity.JACOBIAN].method
    assert method == "one vjp per one-hot cotangent: MXNet has no Jacobian of its own"


@pytest.mark.parametrize(
    ("framework", "name", "expected"),
    [
        ("torch", "forum", Raised("RuntimeError", "grad can be implicitly created only for scalar outputs")),
        ("torch", "one element", [0.0]),
        ("torch", "no axes implicit", 0.0),
        ("mxnet", "one element", [0.0]),
        ("mxnet", "no axes implicit", 0.0),
        (
            "jax",
            "forum",
            Raised("TypeError", "Gradient only defined for scalar-output functions. Output had shape: (1, 2, 1, 1)."),
        ),
        (
            "jax",
            "one element",
            Raised("TypeError", "Gradient only defined for scalar-output functions. Output had shape: (1,)."),
        ),
    ],
)
def test_what_each_framework_does_where_no_cotangent_is_given(
    framework: str, name: str, expected: Any, recorded: Callable[[str], Recording]
) -> None:
    result = recorded(framework).entries[name, Quantity.VJP].result
    assert (result.value.tolist() if isinstance(result, Returned) else result) == expected


def test_the_reference_knows_no_cotangent_by_default(recorded: Callable[[str], Recording]) -> None:
    assert isinstance(recorded("reference").entries["forum", Quantity.VJP].result, Unsupported)


@pytest.mark.parametrize("name", ["float64", "log float64"])
def test_float64_stays_float64(recording: Recording, name: str) -> None:
    found = returned(recording, name)
    assert len(found) >= 3
    assert {array.dtype for array in found.values()} == {np.dtype(np.float64)}
    probability = found[Quantity.FORWARD][0, 1] if name == "float64" else np.exp(found[Quantity.FORWARD][0, 1])
    assert abs(probability - 0.869891525637002) < 1e-15  # computed in float32 it would differ by 1e-8


def test_shapes_are_those_of_the_contract_at_rank_5(recording: Recording) -> None:
    shape = (2, 3, 2, 2, 2)
    found = {quantity: array.shape for quantity, array in returned(recording, "rank 5").items()}
    expected = dict.fromkeys(EVERY, shape) | {Quantity.JACOBIAN: shape + shape}
    assert found == {quantity: expected[quantity] for quantity in found}
    assert len(found) >= 3


@pytest.mark.parametrize(("name", "shape"), [("empty axis", (5, 0)), ("empty batch", (0, 5))])
def test_empty_arrays_go_through_forward_and_vjp(recording: Recording, name: str, shape: tuple[int, ...]) -> None:
    assert value(recording, name).shape == value(recording, name, Quantity.VJP).shape == shape


@pytest.mark.parametrize("name", ["empty axis", "empty batch"])
def test_torch_has_no_jacobian_of_an_empty_array(name: str, recorded: Callable[[str], Recording]) -> None:
    result = recorded("torch").entries[name, Quantity.JACOBIAN].result
    assert result == Raised("RuntimeError", "stack expects a non-empty TensorList")


@pytest.mark.parametrize("framework", ["reference", "mxnet", "torch"])
def test_an_array_without_axes_is_a_row_of_length_one(framework: str, recorded: Callable[[str], Recording]) -> None:
    found = returned(recorded(framework), "no axes")
    assert {quantity: (array.shape, float(array)) for quantity, array in found.items()} == {
        quantity: ((), 1.0 if quantity is Quantity.FORWARD else 0.0) for quantity in found
    }


def test_jax_refuses_an_array_without_axes(recorded: Callable[[str], Recording]) -> None:
    result = recorded("jax").entries["no axes", Quantity.FORWARD].result
    assert result == Raised("ValueError", "axis -1 is out of bounds for array of dimension 0")


@pytest.mark.parametrize("layout", ["row", "column"])
def test_a_masked_entry_has_probability_and_gradient_zero(recording: Recording, layout: str) -> None:
    assert value(recording, f"masked {layout}").ravel()[0] == 0.0
    assert value(recording, f"masked {layout}", Quantity.VJP).ravel()[0] == 0.0


@pytest.mark.parametrize("name", ["all-masked row", "all-masked column", "nan column", "infinite column"])
def test_an_undefined_row_is_all_nan(recording: Recording, name: str) -> None:
    assert np.isnan(value(recording, name)).all()
    assert np.isnan(value(recording, name, Quantity.VJP)).all()


@pytest.mark.parametrize("name", ["nan row", "infinite row"])
def test_mxnets_kernel_for_the_last_axis_puts_zeros_beside_a_nan(mxnet: Recording, name: str) -> None:
    forward = value(mxnet, name).ravel()
    assert np.isnan(forward[0])
    assert forward[1:].tolist() == [0.0, 0.0]
    assert np.isnan(value(mxnet, name, Quantity.VJP)).all()


@pytest.mark.parametrize("framework", ["reference", "torch", "jax"])
@pytest.mark.parametrize("name", ["nan row", "infinite row"])
def test_elsewhere_a_nan_or_an_infinity_makes_the_whole_row_nan(
    framework: str, name: str, recorded: Callable[[str], Recording]
) -> None:
    assert np.isnan(value(recorded(framework), name)).all()


@pytest.mark.parametrize(
    ("mode", "lacking"),
    [
        ("jit", ("reference", "torch")),
        ("eager", ()),
        ("numpy", ("reference", "torch", "jax")),
        ("safe-accumulation", ("reference", "torch", "jax")),
    ],
)
def test_a_mode_that_a_framework_lacks_is_unsupported_and_never_replaced(
    mode: str, lacking: tuple[str, ...], recording: Recording
) -> None:
    entry = recording.entries[mode, Quantity.FORWARD]
    assert isinstance(entry.result, Unsupported) == (recording.header.adapter in lacking)
    assert entry.mode == mode


def test_jax_is_compiled_by_default(recorded: Callable[[str], Recording]) -> None:
    assert recorded("jax").entries["forum", Quantity.FORWARD].mode is Mode.JIT


def test_nothing_changes_its_inputs(recording: Recording) -> None:
    assert {entry.inputs_changed for entry in recording.entries.values()} == {()}


def test_a_dtype_that_numpy_cannot_name_travels_as_its_bits(tmp_path: Path) -> None:
    plan = write(tmp_path, around_the_mark(before=0, after=0))
    record("jax", tmp_path, adapter=str(Path(__file__).parents[1] / "wrong_adapters" / "returns_bfloat16.py"))
    result = (
        read_recording(tmp_path / "recordings" / "returns_bfloat16", plan=plan.digest)
        .entries["marked", Quantity.VJP]
        .result
    )
    assert isinstance(result, Returned)
    assert (result.dtype, result.value.dtype) == ("bfloat16", np.uint16)
