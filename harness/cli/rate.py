"""How fast work is, and how long it takes, in words."""

from __future__ import annotations


def rate(speed: float) -> str:
    """Return a rate per second, or, where that is below one, the seconds that each takes."""
    return f"{speed:.0f} a second" if speed >= 1 else f"{1 / speed:.1f} s each"


def span(seconds: float) -> str:
    """Return a time as hours, minutes and seconds, without what is zero in front."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
