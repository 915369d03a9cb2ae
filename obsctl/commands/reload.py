"""`obsctl reload`: makes the daemon read its configuration again, and prints what changed."""

from __future__ import annotations

from argparse import ArgumentParser

from obsctl.call import Call
from obsd.text import printable


def configure(parser: ArgumentParser) -> None:
    """No arguments of its own."""


def run(call: Call) -> int:
    """Reloads; a faulty file is exit code 78, and the old configuration stays in force."""
    with call.client() as client:
        answer = client.reload()
    if call.json:
        call.document("reload", changed=list(answer.changed), needs_restart=list(answer.needs_restart))
        return 0
    for line in answer.changed:
        call.say(printable(line))
    if not answer.changed:
        call.note("nothing changed")
    if answer.needs_restart:
        call.note(f"takes effect only at the next start: {printable(', '.join(answer.needs_restart))}")
    return 0
