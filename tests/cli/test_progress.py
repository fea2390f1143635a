"""Progress without a terminal: plain lines, with a rate and the time left that follow from what was done meanwhile."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import pytest

from harness.cli.progress import progress
from harness.cli.rate import rate, span


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def clock(*times: float) -> Iterator[float]:
    return iter(times)


def test_a_line_says_how_fast_and_how_long_the_rest_will_take(capsys: pytest.CaptureFixture[str]) -> None:
    times = clock(0.0, 1.0, 3.0, 6.0, 7.0, 11.0)
    with progress("torch", total=1000, clock=times.__next__) as done:
        for number in (1, 101, 251, 260, 301):
            done(number)
    assert capsys.readouterr().err.splitlines() == [
        "harness: torch: 251 of 1000, 50 a second, 0:15 left",
        "harness: torch: 301 of 1000, 30 a second, 0:23 left",
    ]


def test_what_was_done_before_has_no_part_in_the_rate(capsys: pytest.CaptureFixture[str]) -> None:
    times = clock(0.0, 1.0, 6.0)
    with progress("jax", total=1000, clock=times.__next__) as done:
        done(991)
        done(996)
    assert capsys.readouterr().err == "harness: jax: 996 of 1000, 1 a second, 0:04 left\n"


def test_a_first_line_that_is_late_promises_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("jax", total=10, clock=clock(0.0, 9.0).__next__) as done:
        done(1)
    assert capsys.readouterr().err == "harness: jax: 1 of 10\n"


def test_a_terminal_gets_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with progress("torch", total=100) as done:
        for number in range(40, 101):
            done(number)
    drawn = screen.getvalue()
    assert "torch" in drawn
    assert "100/100" in drawn
    assert drawn.endswith("\x1b[2K")


@pytest.mark.parametrize(("speed", "said"), [(1234.4, "1234 a second"), (1.0, "1 a second"), (0.4, "2.5 s each")])
def test_a_rate_is_said_in_the_unit_that_has_digits(speed: float, said: str) -> None:
    assert rate(speed) == said


@pytest.mark.parametrize(("seconds", "said"), [(0.2, "0:00"), (59.6, "1:00"), (3599.0, "59:59"), (7322.0, "2:02:02")])
def test_a_time_left_is_said_without_what_is_zero_in_front(seconds: float, said: str) -> None:
    assert span(seconds) == said
