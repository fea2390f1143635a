"""Recorders of several adapters at the same time, each in the interpreter that has its framework."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import IO, Self

import click

from harness.campaign.interpreter import NoInterpreter, interpreter
from harness.cli.exits import note
from harness.record.elsewhere import reachable
from harness.vocabulary import Exit


class Recorders:
    """`harness record` for each of ``adapters``, from entering to leaving; what they say goes to stderr, line by line.

    They are started before there is a plan, so that by then they have imported what they need, and wait to be told that
    it is there; a framework is imported only where there is something to evaluate. An adapter that has no interpreter
    is not recorded, and a line says why; so is one whose recorder fails. That it did not run is `compare`'s to judge.
    """

    def __init__(
        self, adapters: Iterable[str], *, reports: Path, environ: Mapping[str, str], environments: Path
    ) -> None:
        self._adapters = tuple(adapters)
        self._reports = reports
        self._environ = environ
        self._environments = environments
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._speaking: list[Thread] = []
        self._silent: SimpleQueue[str] = SimpleQueue()  # those that will say no more
        self._open = ExitStack()
        self._begun = False

    def __enter__(self) -> Self:
        """Start all of them."""
        environment = self._open.enter_context(reachable(self._environ))
        try:
            for adapter in self._adapters:
                self._start(adapter, environment)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Interrupt those that still run: what they have recorded stays."""
        self._stop()

    def begin(self) -> None:
        """Tell them that the plan is there."""
        for process in self._running.values():
            assert process.stdin is not None  # noqa: S101 - it is a pipe
            with suppress(BrokenPipeError), process.stdin:  # one that could not start says so itself
                process.stdin.write("\n")
        self._begun = True

    def wait(self, meanwhile: Callable[[str], object]) -> None:
        """Wait until all are done. Raise KeyboardInterrupt where a person interrupted one.

        ``meanwhile`` is called with each adapter that is done while another one is not.
        """
        for _ in self._running:
            adapter = self._silent.get()
            self._running[adapter].wait()
            if any(process.poll() is None for process in self._running.values()):
                meanwhile(adapter)
        self._listen()
        codes = {adapter: process.returncode for adapter, process in self._running.items()}
        if Exit.INTERRUPTED in codes.values():
            raise KeyboardInterrupt
        for adapter, code in codes.items():
            if code not in (Exit.AGREED, Exit.NOT_RUN):
                note(f"{adapter}: its recorder ended with exit code {code}")

    def _start(self, adapter: str, environment: dict[str, str]) -> None:
        try:
            python = interpreter(adapter, environ=self._environ, environments=self._environments)
        except NoInterpreter as error:
            note(f"{adapter} is not recorded: {error}")
            return
        line = [str(python), "-m", "harness", "record", adapter, "--reports", str(self._reports), "--when-told"]
        process = subprocess.Popen(  # noqa: S603 - an interpreter that the user or tox provides
            line,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._running[adapter] = process
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        self._speaking.append(Thread(target=self._repeat, args=(adapter, process.stdout), daemon=True))
        self._speaking[-1].start()

    def _stop(self) -> None:
        for process in self._running.values():
            if not self._begun and process.stdin is not None:
                process.stdin.close()  # and so it ends, without a word
            elif process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self._running.values():
            process.wait()
        self._listen()
        self._open.close()

    def _listen(self) -> None:
        for thread in self._speaking:
            thread.join()

    def _repeat(self, adapter: str, lines: IO[str]) -> None:
        try:
            with lines:
                for line in lines:
                    click.echo(line, nl=False, file=sys.stderr)
        finally:
            self._silent.put(adapter)
