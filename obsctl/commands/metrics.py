"""`obsctl metrics`: prints the metrics, or writes them to a file for node_exporter's textfile collector."""

from __future__ import annotations

import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path

from obsctl import arguments
from obsctl.call import Call, shown
from obsd.errors import NotPermitted, ObsdError


def configure(parser: ArgumentParser) -> None:
    """The file to write."""
    parser.add_argument(
        "--textfile",
        metavar="PATH",
        type=arguments.given,
        help="write them to this file, atomically, instead of to stdout",
    )


def run(call: Call) -> int:
    """Prints or writes the metrics."""
    with call.client() as client:
        text = client.metrics()
    place = call.args.textfile
    if place is not None:
        write_atomically(Path(place), text)
    if call.json:
        call.document("metrics", **({"text": text} if place is None else {"textfile": shown(os.path.abspath(place))}))
    elif place is None:
        print(text, end="" if text.endswith("\n") else "\n")
    return 0


def write_atomically(place: Path, text: str) -> None:
    """Replaces the file `place` atomically by `text`, readable by everyone.

    Errors: NotPermitted (textfile_forbidden), ObsdError (textfile_failed).
    """
    temporary = ""
    try:
        # node_exporter reads *.prom: the temporary name must not end like that.
        descriptor, temporary = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".tmp", dir=place.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        os.replace(temporary, place)
    except OSError as error:
        if temporary and os.path.lexists(temporary):
            os.unlink(temporary)
        forbidden = isinstance(error, PermissionError)
        raise (NotPermitted if forbidden else ObsdError)(
            "textfile_forbidden" if forbidden else "textfile_failed",
            f"cannot write {shown(place)}: {error.strerror or error}",
            "give a file in a folder that exists and that this user can write to",
        ) from error
