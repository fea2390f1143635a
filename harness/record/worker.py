"""The child process of a recording: loads the adapter, evaluates, writes segments.

It speaks to its parent in JSON lines. Up the channel, a pipe of its own: ``hello`` (the adapter's name and default
mode), ``ready`` (its description and source) or ``unavailable`` or ``fault`` (a text), then ``start`` and ``done``
with the number of an evaluation, and ``finished``. Down the pipe that it gets as its standard input: one line that says
where to record, and perhaps ``stop``. When the parent ends the child does too: by the kernel's doing, and by the end of
that pipe.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn, TextIO

from harness.adapters.contract import Adapter, FrameworkUnavailable
from harness.adapters.device import check_device, made
from harness.adapters.frames import trimmed_traceback
from harness.adapters.registry import AdapterFault, load, source_digest, source_file
from harness.plan.plan import Plan
from harness.plan.store import PlanError, read_plan
from harness.record.codec import Json, description_from_json, description_to_json
from harness.record.evaluate import evaluate, schedule
from harness.record.segment import SegmentWriter
from harness.record.store import read_recording

FLUSH_SECONDS = 2.0
PR_SET_PDEATHSIG = 1  # prctl(2)


class Channel:
    """The way up to the parent."""

    def __init__(self, descriptor: int) -> None:
        self._file = os.fdopen(descriptor, "w", encoding="utf-8", buffering=1)

    def send(self, kind: str, **content: Any) -> None:
        """Send one message."""
        self._file.write(json.dumps({"kind": kind, **content}) + "\n")

    def end(self, kind: str, **content: Any) -> NoReturn:
        """Send a last message and end the process, without the framework's own way of shutting down."""
        self.send(kind, **content)
        self._file.close()
        sys.stderr.flush()
        os._exit(0)


def main(spec: str, plan_folder: str, descriptor: str, device: str = "") -> NoReturn:
    """Record with the adapter ``spec`` what the parent asks for, reporting on file descriptor ``descriptor``.

    ``device`` is the one that it is to run on; where it is empty, the adapter's own default.
    """
    _end_with_parent()
    _leave_termination_to_parent()
    orders = os.fdopen(os.dup(0), encoding="utf-8")
    os.close(0)  # nothing that an adapter reads, or closes, is the harness's
    os.dup2(2, 1)  # what a framework prints belongs to its last words, not into anybody's output
    _fill_standard_streams()
    channel = Channel(int(descriptor))
    adapter = _open(spec, channel, device=device or None)
    _fill_standard_streams()
    order = json.loads(orders.readline() or "null")
    if order is None:
        os._exit(1)
    stop = threading.Event()
    threading.Thread(target=_listen, args=(orders, stop), daemon=True).start()
    try:
        plan = read_plan(Path(plan_folder))
        if plan.digest != order["plan"]:
            channel.end("fault", text=f"{plan_folder}: the plan was made anew while it was being recorded: start again")
        _record(adapter, plan, order, channel=channel, stop=stop)
    except PlanError as error:
        channel.end("fault", text=str(error))
    except OSError as error:  # an adapter's own is a result: this is the disk
        channel.end(
            "fault", text=f"{order['folder']}: cannot be written: {error}: make room, and the same command goes on"
        )
    except Exception:  # what the adapter raises has been caught where it was called: this is the harness itself
        channel.end("broken", text=traceback.format_exc())
    channel.end("finished")


def _end_with_parent() -> None:
    """Have the kernel end this process when its parent ends, be it in a call that lets no other thread run."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # a C library without it: the end of the input has to do
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _leave_termination_to_parent() -> None:
    """Let SIGTERM, which services send to all their processes, pass: the parent has what is done saved first.

    What the adapter starts, in whichever way, is ended by it as ever.
    """
    signal.signal(signal.SIGTERM, lambda *_: None)
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))


def _fill_standard_streams() -> None:
    """Open those of the standard streams that are closed, so that no file of the harness gets the number of one.

    An adapter that closes one of them in every call would otherwise close that file.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # it is given the lowest number that is free: this one
            os.set_inheritable(opened, True)


def _record(adapter: Adapter, plan: Plan, order: Json, *, channel: Channel, stop: threading.Event) -> None:
    folder = Path(order["folder"])
    recorded = read_recording(folder, plan=plan.digest).entries.keys()
    segment: SegmentWriter | None = None
    opened = time.monotonic()
    for number, (problem, quantity) in enumerate(schedule(plan)):
        if stop.is_set():
            break
        if (problem.id, quantity) in recorded:
            continue
        if segment is None:
            segment, opened = SegmentWriter(folder), time.monotonic()
        channel.send("start", number=number)
        entry = evaluate(adapter, problem, quantity, memory=order["memory"])
        _fill_standard_streams()
        segment.add(entry)
        channel.send("done", number=number)
        if segment.entries >= order["batch"] or time.monotonic() - opened >= FLUSH_SECONDS:
            segment.close()
            segment = None
    if segment is not None:
        segment.close()


def _open(spec: str, channel: Channel, *, device: str | None) -> Adapter:
    """Load the adapter and describe it; where that fails, report why and end."""
    try:
        adapter_class = load(spec)
        channel.send("hello", name=adapter_class.name, mode=adapter_class.modes[0].value)
        adapter = made(adapter_class, device=device)
        description = _described(adapter, spec)
        check_device(asked=device, described=description["device"])
    except FrameworkUnavailable as error:
        channel.end("unavailable", text=str(error))
    except AdapterFault as error:
        channel.end("fault", text=str(error))
    except Exception as error:  # whatever an adapter's own code raises is its author's to mend
        shown = trimmed_traceback(error, file=source_file(adapter_class))
        channel.end("fault", text=f"{spec}: the adapter does not start; its author has to mend it:\n{shown}")
    channel.send("ready", description=description, source=source_digest(adapter_class))
    return adapter


def _described(adapter: Adapter, spec: str) -> Json:
    description = adapter.describe()
    try:
        value = description_to_json(description)
        description_from_json(value)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AdapterFault(
            f"{spec}: describe() has to return a Description of texts, threads being a whole number or None: {error}"
        ) from None
    return value


def _listen(orders: TextIO, stop: threading.Event) -> None:
    for line in orders:
        if line.strip() == "stop":
            stop.set()
    os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
