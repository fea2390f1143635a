"""The child process of a recording: loads the adapter, evaluates, writes segments.

It speaks to its parent in JSON lines. Up the channel, a pipe of its own: ``hello`` (the adapter's name and default
mode), ``ready`` (its description and source) or ``unavailable`` or ``fault`` (a text), and ``finished``. At which
evaluation it is in between, the parent reads in memory that both share (:mod:`harness.record.whereabouts`). Down the
pipe that it gets as its standard input: one line that says what to record and where, and perhaps ``stop``. When the
parent ends the child does too: by the kernel's doing, and by the end of that pipe.
"""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import sys
import threading
import time
import traceback
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TextIO

from harness.adapters.contract import Adapter, FrameworkUnavailable
from harness.adapters.device import check_device, made
from harness.adapters.frames import trimmed_traceback
from harness.adapters.registry import AdapterFault, load, source_digest, source_file
from harness.parent import end_with_parent
from harness.plan.part import Part, read_part
from harness.plan.problem import Problem
from harness.plan.store import PlanError
from harness.record.ahead import call_ahead
from harness.record.codec import Json, description_from_json, description_to_json
from harness.record.evaluate import evaluate
from harness.record.foreseen import least_memory
from harness.record.recording import Entry, OutOfMemory
from harness.record.segment import SegmentWriter
from harness.record.whereabouts import Whereabouts
from harness.record.words import said
from harness.vocabulary import Mode, Quantity

FLUSH_SECONDS = 2.0
BATCH = 1000  # entries that are written together, and lost where the process dies; fewer where one has died


class Channel:
    """The way up to the parent."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, kind: str, **content: Any) -> None:
        """Send one message."""
        line = json.dumps({"kind": kind, **content}).encode() + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]

    def end(self, kind: str, **content: Any) -> NoReturn:
        """Send a last message and end the process, without the framework's own way of shutting down."""
        self.send(kind, **content)
        sys.stderr.flush()
        os._exit(0)


def main(spec: str, plan_folder: str, channel_descriptor: str, shared_descriptor: str, device: str = "") -> NoReturn:
    """Record with the adapter ``spec`` what the parent asks for, which hears of it by two file descriptors.

    ``device`` is the one that it is to run on; where it is empty, the adapter's own default.
    """
    end_with_parent()
    _leave_interruptions_to_parent()
    _never_stop()
    orders = os.fdopen(os.dup(0), encoding="utf-8")
    os.close(0)  # nothing that an adapter reads, or closes, is the harness's
    os.dup2(2, 1)  # what a framework prints belongs to its last words, not into anybody's output
    _print_at_once()
    _fill_standard_streams()
    channel = Channel(int(channel_descriptor))
    whereabouts = Whereabouts(int(shared_descriptor))
    whereabouts.forget()
    adapter = _open(spec, channel, device=device or None)
    _fill_standard_streams()
    gc.freeze()  # the framework stays: to look through it for garbage, again and again, costs more than most calls do
    order = json.loads(orders.readline() or "null")
    if order is None:
        os._exit(1)
    stop = threading.Event()
    threading.Thread(target=_listen, args=(orders, stop), daemon=True).start()
    try:
        part = read_part(Path(plan_folder), {asked[1] for asked in order["missing"]}, digest=order["plan"])
        gc.freeze()  # and so does what is read of the plan
        work = call_ahead if order["ahead"] else _record
        work(adapter, part, order, whereabouts=whereabouts, stop=stop)
    except PlanError as error:
        channel.end("fault", text=str(error))
    except OSError as error:  # an adapter's own is a result: this is the disk
        channel.end(
            "fault", text=f"{order['folder']}: cannot be written: {error}: make room, and the same command goes on"
        )
    except Exception:  # what the adapter raises has been caught where it was called: this is the harness itself
        channel.end("broken", text=traceback.format_exc())
    channel.end("finished")


def _leave_interruptions_to_parent() -> None:
    """Let SIGINT and SIGTERM, which services send to all their processes, pass: the parent has what is done saved.

    Raised in an evaluation, an interruption would be filed as what its framework raised. What the adapter starts, in
    whichever way, is ended by them as ever.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)
        if before is signal.SIG_IGN:  # what is ignored stays so in what the adapter executes
            continue
        signal.signal(number, lambda *_: None)
        os.register_at_fork(after_in_child=partial(signal.signal, number, before))


def _never_stop() -> None:
    """Have an adapter that reads from the terminal fail at it, as one in the background, and not be stopped there."""
    for name in ("SIGTTIN", "SIGTTOU"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)


def _print_at_once() -> None:
    """Have what is printed written with each line: kept, it would be lost in a crash, or be a later evaluation's."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)


def _fill_standard_streams() -> None:
    """Open those of the standard streams that are closed, so that no file of the harness gets the number of one.

    An adapter that closes one of them in every call would otherwise close that file.
    """
    for descriptor in range(3):
        try:
            os.get_inheritable(descriptor)  # the cheapest question: it is asked after every evaluation
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # it is given the lowest number that is free: this one
            os.set_inheritable(opened, True)


def _record(adapter: Adapter, part: Part, order: Json, *, whereabouts: Whereabouts, stop: threading.Event) -> None:
    folder = Path(order["folder"])
    segment: SegmentWriter | None = None
    batch = order["batch"]
    opened = time.monotonic()
    for number, name, quantity in order["missing"]:
        if stop.is_set():
            break
        problem = part.problems[name]
        if segment is None:
            segment, opened = SegmentWriter(folder), time.monotonic()
        whereabouts.begin(number, said=said())
        entry = _entry(adapter, problem, Quantity(quantity), order, question=part.questions[name])
        _fill_standard_streams()
        segment.add(entry)
        del entry  # its array may be as large as all that the next evaluation needs
        whereabouts.finish()
        if segment.entries >= batch or time.monotonic() - opened >= FLUSH_SECONDS:
            segment.close()
            segment, batch = None, min(2 * batch, BATCH)
    if segment is not None:
        segment.close()


def _entry(adapter: Adapter, problem: Problem, quantity: Quantity, order: Json, *, question: str) -> Entry:
    """Return what becomes of one evaluation; one that cannot fit into the memory allowed is not tried."""
    memory, rows = order["memory"], order["rows_per_call"]
    needs = least_memory(problem.call, quantity, rows_per_call=rows)
    if needs > memory:
        mode = adapter.modes[0] if problem.call.mode is Mode.DEFAULT else problem.call.mode
        result = OutOfMemory(memory, needs)
        return Entry(problem=problem.id, quantity=quantity, result=result, mode=mode, question=question)
    return evaluate(adapter, problem, quantity, memory=memory, rows_per_call=rows, question=question)


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
    kept_at = None if adapter.kept_at is None else str(adapter.kept_at)
    channel.send("ready", description=description, source=source_digest(adapter_class), kept_at=kept_at)
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
