"""Says who wrote a change, from all evidence that there is: the rules, as pure functions.

Owns the order in which evidence is believed. The kernel's word on the writing process comes first: where it names one
author, that is final. Then an agent's own record that names the file and agrees with what was found; then the editor
that saved what was found; then telemetry, where one session's edit tools ran and no more changes settled. Presence is
no evidence, nobody is guessed. Any thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from obsd.authorship.author import Author
from obsd.authorship.evidence import TOOL_TAIL_SECONDS, Change, ToolRun, Write
from obsd.authorship.facts import WriteRecorded
from obsd.facts import SEVERAL, UNKNOWN_AGENT
from obsd.facts.editors import EditorSaved

SAVE_TAIL_SECONDS = 2.0
"""An editor reports a save after it: its file may have been scanned by then."""

CLOCK_SLACK_SECONDS = 0.05
"""Clocks of records have milliseconds, and the time of a scan is taken a little after the scan."""


def by_writers(writes: Iterable[Write]) -> Author | None:
    """The author by the kernel's word alone.

    Returns `several` where two known authors wrote, and None where nobody was named, or a writer is not known: of an
    editor that hosts a person and an agent, only its own words or a record can tell.
    """
    everyone = tuple(writes)
    found = tuple(write for write in everyone if not write.weak) or everyone
    if not found or not all(write.known for write in found):
        return None
    program = program_of(found)
    authors = {(write.agent, write.session) for write in found}
    agents = {agent for agent, _ in authors}
    if len(authors) == 1:
        return Author(found[0].agent, "writer", found[0].session, program)
    if len(agents) == 1:
        # Two sessions of one agent: the agent is proved, the session is not.
        return Author(agents.pop(), "writer", "", program)
    return Author(SEVERAL, "writer", "", program)


_NOBODY = Author()
"""Where nothing speaks, which is so for most of a flood."""


def program_of(writes: Iterable[Write]) -> str:
    """The one program that wrote, or the last of several."""
    programs = [write.program for write in writes if write.program]
    return programs[-1] if programs else ""


def covers(change: Change, claim: WriteRecorded) -> bool:
    """Whether what a record speaks of can be in a change, by its times."""
    return (
        change.since - CLOCK_SLACK_SECONDS <= claim.ended_at
        and claim.started_at <= change.at + CLOCK_SLACK_SECONDS
        and change.at <= claim.ended_at + TOOL_TAIL_SECONDS
    )


def by_claims(change: Change, claims: Sequence[WriteRecorded]) -> Author | None:
    """Returns the author by agents' records, or None where no record, or a doubtful one, names the file at that time.

    A record that wrote the whole file, with the content that was found, proves all of the change. Claims of one
    session whose lines add up to those of the change do as well. Claims that are less than the change leave a rest
    that is somebody else's: `several`.
    """
    near = _near(change, claims)
    if not near:
        return None
    owners = {(claim.agent, claim.session) for claim in near}
    proved = _proved(change, near)
    if proved is None and _countable(change, near):
        added = sum(claim.lines_added or 0 for claim in near)
        removed = sum(claim.lines_removed or 0 for claim in near)
        if (added, removed) == (change.lines_added, change.lines_removed) and len(owners) == 1:
            proved = near[0]
        elif added <= (change.lines_added or 0) and removed <= (change.lines_removed or 0):
            return Author(SEVERAL, "record")
    return Author(proved.agent, "record", proved.session) if proved is not None else None


def _near(change: Change, claims: Sequence[WriteRecorded]) -> tuple[WriteRecorded, ...]:
    """The claims that may speak of a change.

    One that was found long after it was made (obsd did not run) has none near; then all since the look before do, if
    the file is as the last of them left it.
    """
    near = tuple(claim for claim in claims if covers(change, claim))
    if near or not change.content_id:
        return near
    since, until = change.since - CLOCK_SLACK_SECONDS, change.at + CLOCK_SLACK_SECONDS
    earlier = tuple(claim for claim in claims if since <= claim.ended_at <= until)
    return earlier if earlier and earlier[-1].content_id == change.content_id else ()


def _proved(change: Change, claims: Sequence[WriteRecorded]) -> WriteRecorded | None:
    """The last claim that accounts for all of a change by itself."""
    for claim in reversed(claims):
        if change.operation == "deleted":
            if claim.removes:
                return claim
        elif change.content_id and claim.content_id == change.content_id:
            if claim.rewrites or not _countable(change, (claim,)):
                return claim
            if (claim.lines_added, claim.lines_removed) == (change.lines_added, change.lines_removed):
                return claim
    return None


def _countable(change: Change, claims: Iterable[WriteRecorded]) -> bool:
    if change.lines_added is None or change.lines_removed is None:
        return False
    return all(claim.lines_added is not None and claim.lines_removed is not None for claim in claims)


def by_saves(change: Change, saves: Sequence[EditorSaved], writes: Iterable[Write]) -> Author | None:
    """Returns the author by an editor's words on the edits in its saves, or None where they do not prove one.

    The file must be as the editor saved it. Edits of several, or another program's write that is in the same change,
    make it `several`; an edit of which the editor does not say whose it is proves nobody.
    """
    near = [save for save in saves if change.since - CLOCK_SLACK_SECONDS < save.at <= change.at + SAVE_TAIL_SECONDS]
    last = next((at for at in range(len(near), 0, -1) if near[at - 1].content_id == change.content_id), 0)
    near = near[:last] if change.content_id else []
    if not near or any(save.reloaded_at > change.since for save in near):
        return None  # what the editor read from disk again is a part of the change that it knows nothing of
    authors = {author for save in near for author in save.authors} | {write.agent for write in writes if write.known}
    known = authors - {UNKNOWN_AGENT}
    if len(known) > 1:
        return Author(SEVERAL, "editor")
    return Author(known.pop(), "editor") if known == authors and known else None


def by_runs(change: Change, runs: Sequence[ToolRun], others: Iterable[Change]) -> Author | None:
    """Returns the author by telemetry: exactly one session's tools ran when the change settled, the last of them an
    edit tool, and no more changes settled than edit tools ran. `others` are the changes that nothing else explains.
    """
    near = runs_near(change, runs)
    if len({run.owner for run in near}) != 1 or not last_of(near).edits:
        return None
    edits = [run for run in near if run.edits]
    settled = 1
    for other in others:
        if other.number != change.number and any(_during(other, run) for run in edits):
            settled += last_of(runs_near(other, runs)) in edits
        if settled > len(edits):
            return None
    return Author(near[0].agent, "telemetry", near[0].session)


def runs_near(change: Change, runs: Iterable[ToolRun]) -> list[ToolRun]:
    """The tools that ran when a change settled, of sessions that are at work in its workspace or nobody knows where."""
    return [run for run in runs if _during(change, run) and run.workspace in ("", change.workspace)]


def last_of(runs: Iterable[ToolRun]) -> ToolRun:
    """The tool that began last: what settled then is its work, and not that of one that ended before."""
    return max(runs, key=lambda run: run.started_at)


def _during(change: Change, run: ToolRun) -> bool:
    return run.started_at - CLOCK_SLACK_SECONDS <= change.at <= run.over_at


def attribute(
    change: Change,
    writes: Sequence[Write],
    claims: Sequence[WriteRecorded],
    runs: Sequence[ToolRun],
    others: Iterable[Change],
    saves: Sequence[EditorSaved] = (),
) -> Author:
    """The author by the strongest evidence there is now; evidence `none` where nothing proves one.

    `program` is kept even where it proves nobody: an editor that hosts a person and an agent wrote it.
    """
    if not (writes or claims or saves or runs):
        return _NOBODY
    author = by_writers(writes) or by_claims(change, claims) or by_saves(change, saves, writes)
    if author is None and not any(write.known or write.unseen for write in writes):
        # A known writer beside an unknown one contradicts what telemetry guesses by time alone. Where writers went
        # unseen, the next best is no answer.
        author = by_runs(change, runs, others)
    author = author or Author()
    program = program_of(writes)
    return replace(author, program=program) if program and not author.program else author
