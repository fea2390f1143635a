"""The device that a person asks for: declared by the adapter, handed to it, and named in its description."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.adapters.contract import Description
from harness.adapters.device import check_device, declares, made
from harness.adapters.registry import BUILT_IN, AdapterFault, load
from harness.record.store import read_recording
from harness.vocabulary import Quantity
from tests.adapters.interpreters import ROOT, interpreter
from tests.record.bench import WRONG, problem, write

KERNEL = """\
devices = ("cpu", "chip")

def softmax(x, device):
    assert device == "chip:1", device
    return x
"""


@pytest.mark.parametrize(
    ("devices", "device", "declared"),
    [
        (("cpu",), "cpu", True),
        (("cpu",), "cpu:0", True),
        (("cpu",), "cuda:0", False),
        (("cpu", "cuda"), "cuda", True),
        (("cpu", "cuda"), "cuda:3", True),
        (("cuda:0",), "cuda:0", True),
        (("cuda:0",), "cuda:1", False),
        (("cuda:0",), "cuda", False),
        (("cuda",), "cuda:first", False),
        (("cuda",), "cuda:", False),
    ],
)
def test_a_device_is_declared_by_its_name_or_by_its_kind(devices: tuple[str, ...], device: str, declared: bool) -> None:
    honest = load(str(WRONG / "honest.py"))
    assert declares(type("Some", (honest,), {"devices": devices}), device) is declared


def test_a_device_that_is_not_declared_is_refused() -> None:
    with pytest.raises(AdapterFault, match=r"honest does not run on 'cuda:0': it declares cpu"):
        made(load(str(WRONG / "honest.py")), device="cuda:0")


def test_a_class_of_several_devices_has_to_take_one() -> None:
    several = type("Several", (load(str(WRONG / "honest.py")),), {"devices": ("cpu", "cuda")})
    with pytest.raises(AdapterFault, match=r"declares the devices cpu, cuda, and its constructor takes none"):
        made(several, device="cuda:0")


def test_a_class_that_takes_a_device_is_given_it() -> None:
    class Chip(load(str(WRONG / "honest.py"))):  # type: ignore[misc]
        devices = ("cpu", "chip")

        def __init__(self, device: str = "cpu") -> None:
            self.device = device

        def describe(self) -> Description:
            return Description(framework="Chip", version="1", device=self.device, threads=None)

    assert [made(Chip, device=device).describe().device for device in (None, "chip:1")] == ["cpu", "chip:1"]


def test_an_adapter_that_says_it_runs_elsewhere_is_refused() -> None:
    check_device(asked=None, described="anywhere")
    check_device(asked="chip:1", described="chip:1 of the second board")
    with pytest.raises(
        AdapterFault, match=r"given the device 'chip:1', and says in describe\(\) that it runs on 'cpu'"
    ):
        check_device(asked="chip:1", described="cpu")


def recorded(tmp_path: Path, adapter: str, *options: str, python: str = sys.executable) -> tuple[int, str]:
    line = [python, "-m", "harness", "record", adapter, "--reports", str(tmp_path), *options]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stderr


def test_the_device_reaches_the_function_and_the_header(tmp_path: Path) -> None:
    plan = write(tmp_path, [problem("p", [1.0, 2.0], check=[Quantity.FORWARD])])
    (tmp_path / "kernel.py").write_text(KERNEL)
    assert recorded(tmp_path, str(tmp_path / "kernel.py"), "--device", "chip:1") == (0, "")
    recording = read_recording(tmp_path / "recordings" / "kernel", plan=plan.digest)
    assert recording.header.description is not None
    assert recording.header.description.device == "chip:1"
    assert [type(entry.result).__name__ for entry in recording.entries.values()] == ["Returned"]


def test_another_device_is_another_recording(tmp_path: Path) -> None:
    write(tmp_path, [problem("p", [1.0, 2.0], check=[Quantity.FORWARD])])
    (tmp_path / "kernel.py").write_text(KERNEL)
    recorded(tmp_path, str(tmp_path / "kernel.py"), "--device", "chip:1")
    code, said = recorded(tmp_path, str(tmp_path / "kernel.py"))
    assert (code, "starting over" in said, "description" in said) == (0, True, True)


def test_a_device_that_is_not_declared_ends_the_recording_as_the_adapter_s_fault(tmp_path: Path) -> None:
    write(tmp_path, [problem("p", [1.0, 2.0])])
    code, said = recorded(tmp_path, str(WRONG / "honest.py"), "--device", "cuda:0")
    assert (code, "it declares cpu" in said, "Traceback" in said) == (2, True, False)


@pytest.mark.parametrize("framework", ["torch", "jax"])
@pytest.mark.parametrize("device", ["cpu:0", "cuda:31"])
def test_a_framework_runs_on_a_device_that_it_has_and_says_so_of_one_that_it_has_not(
    framework: str, device: str, tmp_path: Path
) -> None:
    plan = write(tmp_path, [problem("p", [[1.0, 2.0]])])
    code, said = recorded(tmp_path, framework, "--device", device, python=interpreter(framework))
    header = read_recording(tmp_path / "recordings" / framework, plan=plan.digest).header
    if device == "cpu:0":
        assert header.description is not None
        assert (code, header.description.device.split()[0]) == (0, "cpu:0")
    else:
        assert (code, f"has no device {device!r} here" in (header.not_run or "")) == (3, True), said


def test_every_built_in_adapter_declares_the_cpu() -> None:
    assert [name for name in BUILT_IN if "cpu" not in load(name).devices] == []
