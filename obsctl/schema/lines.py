"""Who wrote the lines of a file, as `--json` has it."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from obsctl.schema.watching import Time

Origin = Literal["change", "before", "imported", "unknown"]


class LineRun(TypedDict):
    """Lines in a row of one origin."""

    first: Annotated[int, "the first line, from 1 on"]
    last: Annotated[int, "the last line"]
    origin: Annotated[
        Origin,
        "`change`: obsd saw it; `before`: older than the workspace; `imported`: made elsewhere since then",
    ]
    agent: Annotated[str | None, "an agent's id, `person`, `several` or `unknown`; null: its author is not known yet"]
    evidence: Annotated[
        str | None,
        "how that is known; `commit`: nobody saw them being written, and `agent` is the commit's; null: not yet",
    ]
    session: Annotated[str | None, "the agent's own id for its session"]
    program: Annotated[str | None, "the writing program"]
    at: Annotated[Time | None, "when they were written; for `commit` its author's time"]
    change: Annotated[int | None, "the number of the change"]
    commit: Annotated[str | None, "the commit that has them; null: they are in none"]
    commit_author: Annotated[str | None, "the name of that commit's author, escaped"]


class Blame(TypedDict):
    """Who wrote the lines of a file."""

    workspace: Annotated[str, "where it is"]
    path: Annotated[str, "its path there, escaped"]
    content_id: Annotated[str, "the git blob id (SHA-1) of the bytes that were read"]
    lines: Annotated[int, "how many lines they have"]
    runs: Annotated[list[LineRun], "all lines that were asked for, in their order"]
