"""Who wrote the lines of a file: as JSON, in words, and folded for reading. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from obsctl import author_words, documents
from obsctl.schema import lines

if TYPE_CHECKING:
    from obsd.v1.lines_pb2 import BlameResponse, LineRun

_ORIGINS: dict[str, lines.Origin] = {"change": "change", "before": "before", "imported": "imported"}
_WORDS = {"before": "before obsd", "imported": "brought by git"}
PENDING = "not known yet"


class Fold(NamedTuple):
    """Neighbouring lines that read the same; `last_at` is when the newest were written, None: not known."""

    first: int
    last: int
    author: str
    evidence: str
    session: str
    commit: str
    commit_author: str
    last_at: float | None

    @property
    def range(self) -> str:
        """`7`, or `7-12`."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def document(message: BlameResponse) -> lines.Blame:
    """The object of `--json`."""
    return {
        "workspace": message.workspace,
        "path": message.path,
        "content_id": message.content_id,
        "lines": message.lines,
        "runs": [_run(run) for run in message.runs],
    }


def folded(runs: Iterable[LineRun]) -> Iterator[Fold]:
    """Runs that differ only in their change as one."""
    open_fold: Fold | None = None
    for run in runs:
        fold = _fold(run)
        if open_fold is not None and fold[2:7] == open_fold[2:7]:
            times = [at for at in (open_fold.last_at, fold.last_at) if at is not None]
            open_fold = open_fold._replace(last=fold.last, last_at=max(times, default=None))
            continue
        if open_fold is not None:
            yield open_fold
        open_fold = fold
    if open_fold is not None:
        yield open_fold


def who(run: LineRun) -> str:
    """The author in words: `codex`, `a person`, `before obsd`, `brought by git: codex`."""
    origin = _WORDS.get(run.origin)
    if origin is None:
        return author_words.name(run.agent or PENDING)
    return origin if run.agent == "unknown" else f"{origin}: {author_words.name(run.agent)}"


def _fold(run: LineRun) -> Fold:
    from obsd import rpc_encoding

    at = rpc_encoding.unix_seconds(run.at) if run.HasField("at") else None
    evidence = "" if run.evidence == "none" else run.evidence
    return Fold(run.first, run.last, who(run), evidence, run.session, run.commit, run.commit_author, at)


def _run(run: LineRun) -> lines.LineRun:
    return {
        "first": run.first,
        "last": run.last,
        "origin": _ORIGINS.get(run.origin, "unknown"),
        "agent": run.agent or None,
        "evidence": run.evidence or None,
        "session": run.session or None,
        "program": run.program or None,
        "at": documents.time(run.at) if run.HasField("at") else None,
        "change": run.change or None,
        "commit": run.commit or None,
        "commit_author": run.commit_author or None,
    }
