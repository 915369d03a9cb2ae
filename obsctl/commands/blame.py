"""`obsctl blame FILE`: who wrote each line of a file.

The daemon gives numbers alone. The text that --lines shows is read here, by the user, from the user's own file.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
from typing import TYPE_CHECKING

from obsctl import arguments, listing, render
from obsctl.call import Call
from obsctl.columns import Column
from obsd.small_files import read_whole
from obsd.text import printable

if TYPE_CHECKING:
    from obsctl.blame_document import Fold
    from obsd.v1.lines_pb2 import BlameResponse

TIMEOUT_SECONDS = 60.0
_COLUMNS = (
    Column("LINES", right=True),
    Column("WRITTEN BY", least=10),
    Column("EVIDENCE"),
    Column("WHEN", rank=1),
    Column("SESSION", rank=3),
    Column("COMMIT"),
    Column("COMMITTED BY", rank=2, least=12),
)
_RANGE = re.compile(r"(\d{1,9})(?:,(\+?)(\d{1,9}))?")
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_TAB = 8
_MAX_BYTES = 1 << 30


def configure(parser: argparse.ArgumentParser) -> None:
    """The file, and which of its lines."""
    parser.add_argument("file", metavar="FILE", type=arguments.given, help="a file of a workspace")
    parser.add_argument(
        "-L", dest="range", metavar="FROM,TO", type=line_range, default=(0, 0), help="only these lines: 10,20 or 10,+5"
    )
    parser.add_argument("--commit", metavar="ID", type=_commit, help="the file as it is in that commit, not on disk")
    parser.add_argument("--lines", action="store_true", help="show every line with its number and its text")


def run(call: Call) -> int:
    """Shows whose the lines are."""
    from obsctl import blame_document

    args = call.args
    path = os.path.abspath(args.file)
    with call.client(TIMEOUT_SECONDS) as client:
        found = client.blame(path, args.commit or "", *args.range)
    if call.json:
        call.document("blame", **blame_document.document(found))
        return 0
    if not found.runs:
        call.note(f"{found.path} is empty: it has no lines")
    elif args.lines:
        _show_lines(call, found, path)
    else:
        folds = blame_document.folded(found.runs)
        listing.show(call, _COLUMNS, [_row(fold) for fold in folds])
    return 0


def line_range(text: str) -> tuple[int, int]:
    """First and last line of `10,20`, `10,+5` or `10` (to the end: 0)."""
    match = _RANGE.fullmatch(text)
    first, last = (int(match[1]), int(match[3] or 0)) if match else (0, 0)
    if match and match[2]:
        last = first + last - 1
    if first < 1 or (match and match[3] and last < first):
        raise argparse.ArgumentTypeError(f"{text!r} is not a range of lines such as 10,20 or 10,+5")
    return first, last


def _commit(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{4,64}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a commit's id: 4 to 64 hexadecimal digits")
    return text


def _row(fold: Fold) -> tuple[str, ...]:
    return fold.range, fold.author, fold.evidence, _when(fold), fold.session[:13], fold.commit[:10], fold.commit_author


def _show_lines(call: Call, found: BlameResponse, path: str) -> None:
    from obsctl import blame_document

    own = texts(path, found.content_id)
    if own is None or len(own) < found.lines:
        call.note("the text is not shown: what is on disk is another content")
        own = [""] * found.lines
    rows = [
        (str(number), fold.author, fold.evidence, _when(fold), own[number - 1])
        for fold in blame_document.folded(found.runs)
        for number in range(fold.first, fold.last + 1)
    ]
    for line in render.aligned(rows, right=(0,)):
        call.say(line)


def _when(fold: Fold) -> str:
    return "" if fold.last_at is None else render.local(fold.last_at)


def texts(path: str, content_id: str) -> list[str] | None:
    """The lines of a file, safe to print; None where it has another content by now."""
    try:
        data = read_whole(path, _MAX_BYTES)
    except OSError:
        return None
    if data is None:
        return None
    if hashlib.sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest() != content_id:
        return None
    encoding = "utf-16" if data.startswith(_BYTE_ORDER_MARKS) else "utf-8"
    text = data.decode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
    return [printable(line.removesuffix("\r").expandtabs(_TAB)) for line in text.split("\n")]
