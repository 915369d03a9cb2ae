"""Types of arguments that several verbs take: a time in the past, and a number of entries."""

from __future__ import annotations

import re
import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, datetime

from obsctl import times

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGO = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s?(s|min|m|h|d|w)")


def since(text: str) -> float:
    """Returns Unix seconds for `7d`, `2h`, `30min`, `90s` (ago), the begin of a day such as `yesterday`, `monday` or
    `2026-05-04`, or an RFC 3339 time (local without a zone)."""
    return _time(text, end=False)


def until(text: str) -> float:
    """Returns Unix seconds as `since` does, where a day means its end."""
    return _time(text, end=True)


def day(text: str) -> date:
    """Returns a date for `today`, `yesterday`, `monday` or `2026-05-04`."""
    named = times.named(text)
    if named is None:
        raise ArgumentTypeError(f"{text!r} is not a day such as today, yesterday, monday or 2026-05-04")
    return named


def _time(text: str, *, end: bool) -> float:
    ago = _AGO.fullmatch(text.strip())
    if ago:
        return time.time() - float(ago[1]) * _UNITS[ago[2]]
    named = times.named(text)
    try:
        if named is not None:
            return times.start(named + times.DAY if end else named)
        return max(0.0, datetime.fromisoformat(text.strip()).timestamp())
    except (ValueError, OverflowError, OSError):
        raise ArgumentTypeError(
            f"{text!r} is not a time such as 7d, 2h, yesterday, monday, 2026-05-04 or 2026-05-04T12:00:00Z"
        ) from None


def limit(text: str) -> int:
    """A number of entries, 0 for all."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ArgumentTypeError(f"{text!r} is not a number from 0 (all) on")
    return int(text)


def given(text: str) -> str:
    """Returns a non-empty text: an unset variable in a script must not mean the current folder, or all."""
    if not text:
        raise ArgumentTypeError("it is empty")
    return text


def add_times(parser: ArgumentParser) -> None:
    """Adds --since, --until and --today."""
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument(
        "--since", metavar="TIME", type=since, help="only those since this time: 7d, 2h, yesterday, monday, or a date"
    )
    begin.add_argument(
        "--today", dest="since", action="store_const", const=times.start(times.today()), help="only those of today"
    )
    parser.add_argument(
        "--until", metavar="TIME", type=until, help="only those before this time; of a day, up to its end"
    )


def add_filters(parser: ArgumentParser, what: str, default_limit: int) -> None:
    """Adds --workspace, --since, --until, --today and --limit."""
    parser.add_argument("--workspace", metavar="NAME", type=given, help="only those of this workspace (name or path)")
    add_times(parser)
    parser.add_argument(
        "--limit", metavar="N", type=limit, default=default_limit, help=f"at most N {what} (%(default)s), 0 for all"
    )
