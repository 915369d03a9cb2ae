"""A file by who wrote its lines: the runs that follow from what the ledger, git and other tools' notes say of them.

Owns which of them is believed first. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from obsd.facts import BEFORE, UNKNOWN_AGENT
from obsd.git.file_lines import Piece
from obsd.git.repository import CommitInfo
from obsd.ledger.origin_queries import Written
from obsd.origins.line_runs import Segment
from obsd.origins.noted_lines import Noted, cut
from obsd.workspaces.workspace import Workspace

Class = Literal["change", "before", "imported", "unknown"]


class LineRun(NamedTuple):
    """Lines `first` to `last`, counted from 1, of one origin.

    `origin`: a `change` that was seen, there `before` the workspace was watched, `imported` by git since then, or
    `unknown`. `agent` is None for a change that waits for its author. Of lines that nobody saw being written `evidence`
    is "commit" where git names the commit that has them, and `agent` is then the commit's. `at` is None where nothing
    tells. `commit_id` is the one that has the lines, empty for lines that are in none.
    """

    first: int
    last: int
    origin: Class
    agent: str | None
    evidence: str
    session: str = ""
    program: str = ""
    at: float | None = None
    change: int = 0
    commit_id: str = ""
    commit_author: str = ""


@dataclass(frozen=True, slots=True)
class FileBlame:
    """A file of a workspace, the git blob id of its content, how many lines that has, and whose those are."""

    workspace: str
    path: str
    content_id: str
    lines: int
    runs: tuple[LineRun, ...]


class Found(NamedTuple):
    """What is needed to name the authors of segments."""

    workspace: Workspace
    pieces: Sequence[Piece]
    infos: Mapping[str, CommitInfo]
    written: Mapping[int, Written]
    made_here: Mapping[str, str | None]
    named: Mapping[str, str]
    noted: Mapping[tuple[str, str], Sequence[Noted]]
    in_repository: frozenset[str]


def line_runs(facts: Found, found: Sequence[Segment]) -> tuple[LineRun, ...]:
    """The runs of all segments; neighbours that differ in nothing but their lines are one."""
    result: list[LineRun] = []
    for run in (run for one in found for run in _runs_of(facts, one)):
        if result and run[2:] == result[-1][2:]:
            result[-1] = result[-1]._replace(last=run.last)
        else:
            result.append(run)
    return tuple(result)


def _runs_of(facts: Found, one: Segment) -> Iterator[LineRun]:
    """The runs of a segment: where nothing else tells who wrote it, cut as other tools' notes on its commit have it."""
    run = _run(facts, one)
    piece = facts.pieces[one.piece] if one.piece >= 0 else None
    claims = facts.noted.get((run.commit_id, piece.path)) if piece is not None else None
    if not claims or piece is None or (run.evidence not in ("commit", "none")):
        yield run
        return
    above = piece.above - piece.start
    for start, lines, claim in cut(one.start + above, one.lines, claims):
        own = run._replace(first=start - above + 1, last=start - above + lines)
        yield own if claim is None else own._replace(agent=claim.agent, evidence="note", session=claim.session)


def _run(facts: Found, one: Segment) -> LineRun:
    first, last = one.start + 1, one.start + one.lines
    piece = facts.pieces[one.piece] if one.piece >= 0 else None
    info = None if piece is None else facts.infos.get(piece.commit_id)
    commit, author = ("", "") if piece is None else (piece.commit_id, "" if info is None else info.author_name)
    oldest = piece is not None and piece.edge and info is not None and bool(info.parents)
    if oldest:
        # The past of that commit is not there: its lines may be older.
        commit = author = ""
    change = facts.written.get(one.origin.change)
    if change is not None:
        how = (change.agent, change.evidence, change.session, change.program, change.at, one.origin.change)
        return LineRun(first, last, "change", *how, commit, author)
    origin = "unknown" if one.origin.change else _class(facts, piece, info, one)
    if origin == "unknown" or info is None or oldest:
        return LineRun(first, last, origin, UNKNOWN_AGENT, "none", commit_id=commit, commit_author=author)
    agent = facts.named.get(info.id) or facts.made_here.get(info.id) or UNKNOWN_AGENT
    return LineRun(first, last, origin, agent, "commit", "", "", float(info.author_time), 0, commit, author)


def _class(facts: Found, piece: Piece | None, info: CommitInfo | None, one: Segment) -> Class:
    """Of lines whose change nobody saw."""
    if piece is not None and info is not None and piece.commit_id not in facts.made_here:
        return "before" if info.committer_time < facts.workspace.added_at else "imported"
    origin = one.origin
    if origin.agent == BEFORE or (origin.base_id and origin.base_id not in facts.in_repository):
        return "before"
    if origin.base_id and piece is None:
        return "imported"
    # Also of a file without a content before: created, so every line would have its change.
    return "unknown"
