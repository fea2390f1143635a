"""The parent's end of a recording process: what it says, what it weighs, how it died, and how to end it."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.record.whereabouts import Whereabouts
from harness.record.words import Words

# What an instruction raises in the thread that ran it. An abort may come of a lack of memory, a segmentation fault of
# memory that an earlier evaluation has spoilt.
OWN_DOING = (signal.SIGFPE, signal.SIGILL)
Message = dict[str, Any]


class Child:
    """A running ``harness.record.worker``, in a group of its own: Ctrl-C reaches the parent alone.

    Not in a session of its own: Linux weighs sessions against each other, and on a busy machine a framework that has
    threads wait for each other in every call then takes twice as long.
    """

    def __init__(
        self, spec: str, plan_folder: Path, *, device: str | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        self.whereabouts = Whereabouts.new()
        self._words = Words(self.whereabouts)
        read_end, write_end = os.pipe()
        inherited = (write_end, self.whereabouts.descriptor)
        command = [sys.executable, "-m", "harness.record.worker", spec, str(plan_folder), *map(str, inherited)]
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own module, in our own interpreter
                [*command, device or ""],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._words.descriptor,
                pass_fds=inherited,
                process_group=0,
                env=environ,
            )
        except BaseException:
            os.close(read_end)
            self._words.close()
            raise
        finally:
            os.close(write_end)
            self.whereabouts.forget()
        self._channel, self._unread = read_end, b""
        self._killed = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._channel, selectors.EVENT_READ)

    def close(self) -> None:
        """End the process and whatever it has started."""
        self.kill()
        self._selector.close()
        os.close(self._channel)
        self._words.close()
        assert self._process.stdin is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError):  # an order that the child did not live to read
            self._process.stdin.close()

    def order(self, content: Message | str) -> None:
        """Send one line down to the child; one that is already dead shows as such in :attr:`ended`."""
        line = content if isinstance(content, str) else json.dumps(content)
        assert self._process.stdin is not None  # noqa: S101
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return

    def messages(self, *, wait: float) -> list[Message]:
        """Return what the child has said, waiting at most ``wait`` seconds for it."""
        ready = self._selector.select(wait)
        if ready:
            part = os.read(self._channel, 1 << 16)
            if not part:
                self._selector.unregister(self._channel)
            self._unread += part
        elif wait > 0 and not self._selector.get_map():
            time.sleep(wait)  # it has closed the channel and lives on: do not spin
        self._words.trim()
        *lines, self._unread = self._unread.split(b"\n")
        return [json.loads(line) for line in lines]

    @property
    def ended(self) -> bool:
        """Whether the process has ended and everything it said has been heard."""
        if self._process.poll() is None:
            return False
        return not self._selector.select(0)

    @property
    def memory(self) -> int:
        """The bytes of memory that the process holds for itself; 0 where the system does not say.

        Files that it has mapped, the plan among them, are not counted: the system takes those pages back at will.
        """
        try:
            lines = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii").splitlines()
        except OSError:
            return 0
        fields = (line.split() for line in lines if line.startswith(("RssAnon:", "RssShmem:")))
        return sum(int(kibibytes) for _, kibibytes, _ in fields) * 1024

    def kill(self) -> None:
        """End the process, and all that it has started, at once; what it has started may live longer than itself."""
        if not self._killed:
            self._killed = True  # once: later the number may be that of somebody else's processes
            with contextlib.suppress(ProcessLookupError, PermissionError):  # nothing is left, or only what has ended
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    @property
    def died_by_itself(self) -> bool:
        """Whether what ended the process was the instruction that it was at, and so would end it again."""
        return -self._process.wait() in OWN_DOING

    @property
    def was_killed(self) -> bool:
        """Whether the process, which has ended, was ended by SIGKILL."""
        return self._process.poll() == -signal.SIGKILL

    @property
    def death(self) -> str:
        """How the process ended, with its last words, none of which are of an evaluation before the one begun last.

        What it has started is ended too.
        """
        self.kill()
        code = self._process.wait()
        if code < 0:
            names = {each.value: each.name for each in signal.Signals}  # those of real time have no names of their own
            how = f"it was ended by {names.get(-code, f'signal {-code}')}"
            if -code == signal.SIGKILL:
                how += ", which comes from outside: perhaps the system was out of memory"
        else:
            how = f"it exited with code {code}"
        words = self._words.last()
        return f"{how}; its last words: {' | '.join(words)}" if words else how
