"""The log: one line per event on stderr, for a terminal or the journal.

Owns the format and the level. Text from outside is escaped here, so that no file name can forge a line. The journal
gets fields (obsd/host/journald.py); where it cannot be reached, each line starts with its priority (sd-daemon(3)). Set
up once, on the main thread, before anything else runs.
"""

from __future__ import annotations

import logging
import os
import sys

from obsd.errors import ConfigError
from obsd.host.journald import JournalHandler
from obsd.text import printable

LEVELS = ("debug", "info", "warning", "error")

_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (0, 7))


def set_up(level: str | None = None) -> None:
    """Sends the log to stderr at `level`, else $OBSD_LOG, else info. Raises ConfigError (`log_level`)."""
    wanted = (level or os.environ.get("OBSD_LOG") or "info").lower()
    if wanted not in LEVELS:
        raise ConfigError(
            "log_level", f"no such log level: {printable(wanted)}", f"levels are {', '.join(LEVELS)} (OBSD_LOG)"
        )
    root = logging.getLogger()
    root.handlers[:] = [_handler()]
    root.setLevel(wanted.upper())
    # The debug lines of libraries are of no use here.
    for library in ("asyncio", "grpc"):
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))


def _handler() -> logging.Handler:
    plain = logging.StreamHandler(sys.stderr)
    if not stderr_is_journal():
        plain.setFormatter(PlainFormatter())
        return plain
    plain.setFormatter(JournalFormatter())
    journal = JournalHandler(plain, _PRIORITIES)
    journal.setFormatter(MessageFormatter())
    return journal if journal.connect() else plain


def stderr_is_journal() -> bool:
    """Returns whether stderr is the stream that systemd connected to the journal (JOURNAL_STREAM, systemd.exec(5))."""
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        found = os.fstat(2)
        return (int(device), int(inode)) == (found.st_dev, found.st_ino)
    except (ValueError, OSError):
        return False


class PlainFormatter(logging.Formatter):
    """`2026-05-04 03:02:01 warning daemon: text`; a traceback follows as indented lines."""

    def format(self, record: logging.LogRecord) -> str:
        lines = _lines(record)
        head = f"{self.formatTime(record, '%Y-%m-%d %H:%M:%S')} {record.levelname.lower()} {_short(record.name)}: "
        return "\n".join([head + lines[0], *("    " + line for line in lines[1:])])


class JournalFormatter(logging.Formatter):
    """`<4>daemon: text`: the journal adds the time and the process."""

    def format(self, record: logging.LogRecord) -> str:
        priority = next(number for least, number in _PRIORITIES if record.levelno >= least)
        lines = _lines(record)
        return "\n".join(f"<{priority}>{line}" for line in [f"{_short(record.name)}: {lines[0]}", *lines[1:]])


class MessageFormatter(logging.Formatter):
    """`daemon: text`, with a traceback on lines of its own: everything else is in fields."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{_short(record.name)}: " + "\n".join(_lines(record))


def _lines(record: logging.LogRecord) -> list[str]:
    lines = [printable(record.getMessage())]
    if record.exc_info:
        lines += [printable(line) for line in logging.Formatter().formatException(record.exc_info).splitlines()]
    return lines


def _short(name: str) -> str:
    return name.removeprefix("obsd.")
