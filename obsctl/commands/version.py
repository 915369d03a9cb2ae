"""`obsctl version`: the versions of obsctl and of the daemon, if one answers."""

from __future__ import annotations

from argparse import ArgumentParser

from obsctl.call import Call
from obsd import __version__
from obsd.errors import ObsdError
from obsd.text import printable


def configure(parser: ArgumentParser) -> None:
    """No arguments of its own."""


def run(call: Call) -> int:
    """Prints both; a daemon that does not answer is not an error."""
    running = _daemon_version(call)
    if call.json:
        call.document("version", version=__version__, daemon_version=running)
        return 0
    call.say(f"obsctl {__version__}")
    call.say(f"obsd {printable(running)}" if running else "obsd is not running")
    return 0


def _daemon_version(call: Call) -> str | None:
    try:
        with call.client(2.0) as client:
            return str(client.status().version)
    except ObsdError:
        return None
