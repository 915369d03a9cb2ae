"""A day at a glance, as `obsctl --json` prints it."""

from __future__ import annotations

from typing import Annotated, TypedDict

from obsctl.schema.activity import Session
from obsctl.schema.watching import Time


class DayFigures(TypedDict):
    """What somebody did in a time."""

    sessions: Annotated[int, "sessions in which they wrote or committed"]
    session_seconds: Annotated[float, "their length within the time"]
    commits: Annotated[int, "commits that they made"]
    changes: Annotated[int, "settled changes of files, of whole hours"]
    lines_added: Annotated[int, "by measured changes"]
    lines_removed: Annotated[int, "likewise"]
    tokens: Annotated[int, "tokens that agents declared"]
    cost_usd: Annotated[float | None, "cost that agents declared; null: none was declared"]
    floor: Annotated[float | None, "the proved part of all added lines; in `total` that of all agents; null: no lines"]
    ceiling: Annotated[float | None, "the same with the lines of `several` and `unknown`, which may be theirs"]


class DayAuthor(TypedDict):
    """One author, compared with the time before."""

    author: Annotated[str, "an agent's id, `person`, `several` or `unknown`"]
    figures: Annotated[DayFigures, "in the time"]
    before: Annotated[DayFigures, "in the time before"]


class DaySlot(TypedDict):
    """A part of a time line."""

    at: Annotated[Time, "its start"]
    changes: Annotated[int, "changes"]
    lines: Annotated[int, "lines that these added and removed"]
    commits: Annotated[int, "commits"]
    authors: Annotated[dict[str, int], "the changes of each author"]


class DayLane(TypedDict):
    """The time line of a workspace."""

    workspace: Annotated[str, "its name"]
    slots: Annotated[list[DaySlot], "those with anything, oldest first"]


class AtWork(TypedDict):
    """Who is at work now."""

    workspace: Annotated[str, "where"]
    author: Annotated[str, "an agent's id, `person`, `several` or `unknown`"]
    present: Annotated[bool, "it is only there, and wrote nothing within the last minutes"]
    path: Annotated[str | None, "the file that it wrote last"]
    at: Annotated[Time | None, "when that was recorded"]
    changes: Annotated[int, "its changes within the last five minutes"]
    lines_added: Annotated[int, "by measured ones"]
    lines_removed: Annotated[int, "likewise"]
    session: Annotated[str | None, "the running session"]
    session_started_at: Annotated[Time | None, "its start"]


class Attention(TypedDict):
    """Something that needs a look."""

    kind: Annotated[str, "`rule`, `anomaly`, `discard` or `condition`"]
    workspace: Annotated[str | None, "where; null: the daemon"]
    at: Annotated[Time | None, "when last; null: it holds now"]
    name: Annotated[str, "the rule, the quantity, git's command or the condition's code"]
    text: Annotated[str, "what, in words"]
    subject: Annotated[str, "a commit, a path or a session; else empty"]
    severity: Annotated[str, "`warning` or `error`"]
    hint: Annotated[str, "what helps; else empty"]
    count: Annotated[int, "how often in the time"]
    resolved: Annotated[bool, "a rule that is satisfied again, or work that was only put aside"]


class Today(TypedDict):
    """A day, or a week, at a glance."""

    at: Annotated[Time, "now"]
    since: Annotated[Time, "the start"]
    until: Annotated[Time, "the end"]
    before_since: Annotated[Time, "the start of the time before, which ends at `since`"]
    workspace: Annotated[str | None, "null: all"]
    first_record: Annotated[Time | None, "the start of the record; null: nothing was recorded yet"]
    total: Annotated[DayFigures, "everybody; sessions are each in it once"]
    total_before: Annotated[DayFigures, "everybody, in the time before"]
    authors: Annotated[list[DayAuthor], "agents and people by their lines, then `several` and `unknown`"]
    slot_seconds: Annotated[int, "the length of a slot"]
    lanes: Annotated[list[DayLane], "by workspace"]
    at_work: Annotated[list[AtWork], "who is at work, the last one first; empty for a time that is over"]
    attention: Annotated[list[Attention], "what needs a look; what does no longer comes last"]
    sessions: Annotated[list[Session], "the last ones, newest first"]
