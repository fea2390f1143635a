"""The command line: parse, call, print, exit code. One module per verb, imported when it is asked for.

So a verb needs only what it uses: ``record`` runs beside a framework with NumPy alone, ``report`` beside pandas.
"""

from __future__ import annotations

import errno
import gc
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar, Final, NoReturn

import click

from harness import __version__
from harness.cli.exits import Exit, leave
from harness.interruption import interruptible, was_interrupted

_THREADS: Final = "OPENBLAS_NUM_THREADS"


class _Verbs(click.Group):
    """A group whose commands live in ``harness.cli.<verb>`` as ``command``."""

    verbs: ClassVar[dict[str, str]] = {
        "cases": "Check case files, list them, or print their JSON Schema.",
        "plan": "Turn cases into problems with exact input bits.",
        "record": "Run one adapter over the plan and keep what came back.",
        "compare": "Hold the recordings against the oracle and each other.",
        "report": "Write the report and print its summary.",
        "run": "All of these in one command, the frameworks side by side; with --watch, on every save.",
        "explain": "Explain a gradient of your own, or one case: the mathematics, and what came back.",
        "shrink": "Find the smallest input that still shows each fault.",
        "verify": "Plan, record, compare and report for one adapter, in one command.",
        "campaign": "Try thousands of random problems, and show how near the bounds they come.",
        "sensitivity": "Plant errors in correct results, and show the smallest that is flagged.",
        "selftest": "Prove the harness by wrong rules that it must catch and name.",
        "bench": "Measure what the harness costs beside something else.",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.verbs:
            return None
        with _single_threaded():
            command: click.Command = importlib.import_module(f"harness.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs, in the order of the pipeline"):
            formatter.write_dl(list(self.verbs.items()))


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Have NumPy, where it is imported within, start no threads for its OpenBLAS.

    No verb multiplies matrices, and threads that find nothing to do take as much processor time as all of the import.
    What is started from here, adapters among it, has the environment as it was.
    """
    if _THREADS in os.environ:
        yield
        return
    os.environ[_THREADS] = "1"
    try:
        yield
    finally:
        del os.environ[_THREADS]


EXIT_CODES = """\b
Exit codes:
  0    every result agrees, or differs as the case or the ledger says
  1    unexpected findings
  2    the command line is wrong, or a step before it is missing
  3    an adapter that is required, or was recorded, did not run; or nothing was judged
  65   a case file is wrong
  70   a fault of the harness itself
  130  interrupted; the same command goes on where it stopped
"""


@click.group(
    cls=_Verbs, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="harness")
def cli() -> None:
    """Tell a rounding error from a wrong gradient.

    Runs softmax and its derivatives in MXNet, PyTorch and JAX over cases written in YAML, and holds every number
    against an exact oracle with a derived rounding bound.
    """


# objects made before the garbage collector looks at them: a plan, or a comparison, is very many that stay
_YOUNG = 50_000
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)


def main() -> None:
    """Run the command line; an exception that nobody foresaw is reported as ours, with how to report it."""
    gc.set_threshold(_YOUNG)
    with interruptible():
        _run()


def _run() -> None:
    try:
        # not click's own main: it ends an interrupted run, and a closed pipe, with 1, which here means findings
        with cli.make_context("harness", sys.argv[1:]) as context:
            cli.invoke(context)
    except click.exceptions.Exit as done:
        raise SystemExit(done.exit_code) from None
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from None
    except click.Abort:
        raise KeyboardInterrupt from None
    except BrokenPipeError:
        # the reader went away (`| head`): end as the signal would have ended us, which is nobody's fault
        _forget_output()
        raise SystemExit(128 + signal.SIGPIPE) from None
    except ModuleNotFoundError as error:
        if was_interrupted():
            raise KeyboardInterrupt from None
        leave(Exit.USAGE, _missing(error))
    except OSError as error:
        if error.errno not in _DISK:
            _blame_us()
        _forget_output()
        remedy = "make room, or let it be written elsewhere, and give the same command again"
        leave(Exit.USAGE, f"something cannot be written or read here: {error}: {remedy}")
    except Exception:
        _blame_us()


def _blame_us() -> NoReturn:
    if was_interrupted():
        raise KeyboardInterrupt from None
    traceback.print_exc()
    leave(Exit.OUR_FAULT, "this is a fault of the harness, not of your input: please report the lines above")


def _forget_output() -> None:
    """Send what is still to be printed nowhere: where it should have gone, it does not go."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _missing(error: ModuleNotFoundError) -> str:
    return (
        f"this interpreter lacks the package {error.name!r}, which this verb needs: in a checkout, "
        ".tox/report/bin/python has every one, once tox has run; elsewhere, pip install '.[cases,report]' brings them"
    )
