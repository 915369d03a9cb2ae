"""What is fuzzed: each target takes bytes, and either takes them or refuses them with the error that it promises.

Owns the targets that need no daemon, with their seeds. Anything else that is raised, and whatever takes long, is a
finding.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obsd import frames
from obsd.config import load
from obsd.errors import ObsdError
from obsd.facts import ReflogRead
from obsd.git import layout, means, references, reflog, spool
from obsd.git.numstat import parse_numstat
from obsd.git.reflog_messages import classify
from obsd.git.repository import parse_commit
from obsd.http.messages import BadRequest, parse
from obsd.ledger.log_check import committed_frames
from obsd.readers import values
from obsd.telemetry import otlp
from obsd.telemetry.parsing import read as read_telemetry
from obsd.text import label, printable
from obsd.watcher.gitignore import RuleList
from obsd.workspaces.names import is_valid, valid_name
from tests.fuzz import seeds


@dataclass(frozen=True, slots=True)
class Target:
    """A name, what is done with an input, and the inputs to begin with."""

    name: str
    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


@contextmanager
def _file(data: bytes, name: str = "file") -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fz") as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path


def _configuration(data: bytes) -> None:
    with _file(data, "obsd.toml") as path, suppress(ObsdError):
        load(path)


def _spool(data: bytes) -> None:
    with suppress(spool.BadSpoolFile):
        spool.parse(data, "1", 1.0)


def _reflog(data: bytes) -> None:
    with _file(data, "HEAD") as log:
        nowhere = ReflogRead(0.0, "w", str(log), 0, 0, "")
        reading = reflog.read(log, nowhere, 1.0)
        assert reading is not None
        classify(reading.entries, "main", None)
        assert reflog.end_of(log, "w", 1.0).offset <= len(data)
        assert reflog.since(log, "w", 1_700_000_000.0, 1.0).offset <= len(data)
        reflog.read(log, ReflogRead(1.7e9, "w", str(log), 1, 7, "1" * 40), 1.0)


def _git_files(data: bytes) -> None:
    """The input is each of the small files that git keeps, one after the other."""
    with tempfile.TemporaryDirectory(prefix="fz") as folder:
        root = Path(folder)
        for name in (".git", ".git/HEAD", ".git/commondir", ".git/rebase-merge/head-name"):
            for made in (root / ".git").rglob("*") if (root / ".git").is_dir() else ():
                if made.is_file():
                    made.unlink()
            place = root / name
            if name != ".git":
                (root / ".git").unlink(missing_ok=True) if (root / ".git").is_file() else None
                place.parent.mkdir(parents=True, exist_ok=True)
                (root / ".git/HEAD").write_text("ref: refs/heads/main\n")
            place.write_bytes(data)
            where = layout.find(root)
            if where is not None:
                layout.head_branch(where), layout.head_id(where), layout.rebased_branch(where), means.find_fault(where)


def _commit(data: bytes) -> None:
    info = parse_commit("1" * 40, data)
    json.dumps(values.encode(info))
    printable(info.subject)


def _patterns(data: bytes) -> None:
    rules = RuleList(data[:4096])
    for path in (b"a/b/c.py", b"a" * 60, b"aaaa/" * 20 + b"b", b"\xff\n*"):
        rules.verdict(path, path.rpartition(b"/")[2], folder=False)


def _telemetry(data: bytes) -> None:
    for signal in ("metrics", "logs", "traces"):
        for form in ("protobuf", "json"):
            with suppress(otlp.Refused):
                read_telemetry(signal, otlp.decode(signal, form, data))
    with suppress(otlp.Refused):
        otlp.inflate(data)


def _http(data: bytes) -> None:
    with suppress(BadRequest):
        parse(data)


def _names(data: bytes) -> None:
    text = os.fsdecode(data)
    assert is_valid(valid_name(text))
    shown = printable(text)
    assert shown.isprintable() or "\n" not in shown
    assert len(label(text)) <= 200
    shown.encode()


def _answers(data: bytes) -> None:
    """What a reader or a watcher says."""
    with suppress(ValueError):
        _, *rest = frames.decode(data)
        for one in rest:
            values.decode(one)


def _log(data: bytes) -> None:
    with _file(data, "ledger-wal") as path:
        assert committed_frames(path.with_name("ledger")) >= 0


def _numstat(data: bytes) -> None:
    with suppress(ValueError):
        parse_numstat(data)


def _packed(data: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="fz") as folder:
        git = Path(folder) / ".git"
        git.mkdir()
        (git / "HEAD").write_text("ref: refs/heads/main\n")
        (git / "packed-refs").write_bytes(data)
        where = layout.find(folder)
        assert where is not None
        found = references.resolve(where)
        assert not found or layout.is_id(found)


TARGETS: Final = (
    Target("configuration", _configuration, seeds.CONFIGURATIONS),
    Target("spool", _spool, seeds.REPORTS),
    Target("reflog", _reflog, seeds.REFLOGS),
    Target("git-files", _git_files, seeds.POINTERS),
    Target("commit", _commit, seeds.COMMITS),
    Target("patterns", _patterns, seeds.PATTERNS),
    Target("telemetry", _telemetry, seeds.telemetry()),
    Target("http", _http, seeds.REQUESTS),
    Target("names", _names, seeds.NAMES),
    Target("answers", _answers, seeds.ANSWERS),
    Target("ledger-log", _log, seeds.logs()),
    Target("numstat", _numstat, seeds.NUMSTATS),
    Target("packed-references", _packed, seeds.PACKED),
)
