"""One run of obsctl: its arguments, the daemon's socket, and its output.

Data goes to stdout and messages to stderr. The client is imported only when one is needed, and only after something
was found listening.
"""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obsd import api_socket
from obsd.host import paths
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.client.client import Client

SCHEMA_VERSION = 1
DEFAULT_TIMEOUT_SECONDS = 10.0


class Call:
    """The arguments of one run."""

    def __init__(self, args: Namespace) -> None:
        self.args = args

    @property
    def json(self) -> bool:
        """Returns whether to print only JSON to stdout."""
        return bool(self.args.json)

    @property
    def socket(self) -> Path:
        """Returns the daemon's socket: --socket, $OBSD_SOCKET or the default."""
        return paths.socket_path(self.args.socket)

    def timeout_seconds(self, default: float = DEFAULT_TIMEOUT_SECONDS) -> float:
        """Returns --timeout, else the verb's default."""
        return default if self.args.timeout is None else float(self.args.timeout)

    def client(self, default_timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS) -> Client:
        """Returns a client of the daemon. Errors: DaemonUnreachable, NotPermitted, TimedOut."""
        timeout = self.timeout_seconds(default_timeout_seconds)
        api_socket.reach(self.socket, min(timeout, 5.0))
        from obsd.client.client import Client

        return Client(self.socket, timeout)

    def document(self, kind: str, **fields: Any) -> None:
        """Prints the one object of --json."""
        print(to_json({"schema_version": SCHEMA_VERSION, "kind": kind, **fields}))

    def say(self, text: str = "") -> None:
        """Prints a line of data."""
        print(text)

    def note(self, text: str) -> None:
        """Prints a line for a person, on stderr; on a terminal it is broken between words."""
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns
            text = textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)
        print(text, file=sys.stderr)


def to_json(value: Any) -> str:
    """Returns one line of JSON, in ASCII where stdout is not UTF-8."""
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    return json.dumps(value, ensure_ascii=encoding != "utf8", allow_nan=False)


def shown(path: Path | str) -> str:
    """Returns a path that is safe to print."""
    return printable(str(path))
