"""`obsctl blame`: ranges of lines, what reads the same is one row, and text that is safe to print."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from obsctl import blame_document, cli
from obsctl.commands import blame
from obsd.git import line_diff
from obsd.v1.lines_pb2 import BlameResponse, LineRun


@pytest.mark.parametrize(
    ("text", "lines"), [("3,7", (3, 7)), ("3,3", (3, 3)), ("3,+2", (3, 4)), ("3", (3, 0)), ("1,+1", (1, 1))]
)
def test_a_range_is_first_and_last(text: str, lines: tuple[int, int]) -> None:
    assert blame.line_range(text) == lines


@pytest.mark.parametrize("text", ["", "0", "0,3", "7,3", "3,", ",3", "3,+0", "-1,2", "a", "3,-2", "²", "9999999999"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        blame.line_range(text)


def test_a_commit_is_given_by_its_id() -> None:
    parser = cli.build_parser()
    assert parser.parse_args(["blame", "f", "--commit", "AbCd12"]).commit == "AbCd12"
    for text in ("HEAD", "abc", "--all", ""):
        with pytest.raises(SystemExit):
            parser.parse_args(["blame", "f", "--commit", text])


def test_runs_of_several_changes_read_as_one() -> None:
    runs = [
        LineRun(first=1, last=2, origin="change", agent="codex", evidence="record", session="s", change=1),
        LineRun(first=3, last=3, origin="change", agent="codex", evidence="record", session="s", change=2),
        LineRun(first=4, last=4, origin="change", agent="codex", evidence="record", session="t", change=3),
        LineRun(first=5, last=5, origin="change", agent="", evidence="", change=4),
        LineRun(first=6, last=9, origin="before", agent="unknown", evidence="commit", commit="ab"),
        LineRun(first=10, last=10, origin="imported", agent="codex", evidence="commit", commit="ab"),
        LineRun(first=11, last=11, origin="unknown", agent="unknown", evidence="none"),
        LineRun(first=12, last=12, origin="change", agent="person", evidence="writer", change=5),
    ]
    for number, run in enumerate(runs[:2]):
        run.at.seconds = 100 - number
    folds = list(blame_document.folded(runs))
    assert [(fold.range, fold.author, fold.evidence) for fold in folds] == [
        ("1-3", "codex", "record"),
        ("4", "codex", "record"),
        ("5", "not known yet", ""),
        ("6-9", "before obsd", "commit"),
        ("10", "brought by git: codex", "commit"),
        ("11", "unknown", ""),
        ("12", "a person", "writer"),
    ]
    assert (folds[0].last_at, folds[1].last_at) == (100.0, None)
    [first, *_] = blame_document.document(BlameResponse(runs=runs[3:]))["runs"]
    assert (first["agent"], first["evidence"], first["at"]) == (None, None, None)


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"a\r\n\tb\n", ["a", "        b", ""]),
        ("é\n\x1b[2J\n".encode(), ["é", "\\x1b[2J", ""]),
        (b"\xff\n", ["\\xff", ""]),
        ("Ċa\nb".encode("utf-16"), ["Ċa", "b"]),
        (b"", [""]),
    ],
)
def test_text_is_the_files_own_and_safe_to_print(tmp_path: Path, data: bytes, lines: list[str]) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    content_id = line_diff.content_id(data).hex()
    assert blame.texts(str(path), content_id) == lines
    assert blame.texts(str(path), "0" * 40) is None
    assert blame.texts(str(tmp_path), content_id) is None
    assert blame.texts(str(tmp_path / "none"), content_id) is None
