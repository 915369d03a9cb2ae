"""`obsctl export`: who wrote the lines of commits, in the forms of other tools. Nothing is written without --write."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from obsctl import arguments, naming
from obsctl.call import Call, to_json
from obsd import amounts

if TYPE_CHECKING:
    from obsctl.exchange import CommitAuthors
    from obsctl.schema.exchange import Note

TIMEOUT_SECONDS = 60.0
_USUAL_SECONDS = 7 * 86_400


def configure(parser: ArgumentParser) -> None:
    """The form, and which commits."""
    parser.add_argument(
        "form",
        choices=("agent-trace", "notes"),
        help="agent-trace: a record of Agent Trace 0.1.0 a line; notes: the notes of git-ai",
    )
    parser.add_argument(
        "--since", metavar="TIME", type=arguments.since, help="commits from then on: 7d (default), 90d, or a date"
    )
    parser.add_argument("--workspace", metavar="NAME", type=arguments.given, help="only this workspace (name or path)")
    parser.add_argument(
        "--write", action="store_true", help="notes: write them to refs/notes/ai, for commits that have none there"
    )


def run(call: Call) -> int:
    """Prints commits, or writes their notes."""
    args = call.args
    if args.write and args.form != "notes":
        from obsd.errors import InvalidRequest

        raise InvalidRequest("bad_option", "only notes are written into a repository", "leave --write out")
    with _commits(call) as commits:
        return _notes(call, commits) if args.form == "notes" else _traces(call, commits)


@contextmanager
def _commits(call: Call) -> Iterator[Iterator[CommitAuthors]]:
    """The commits that are asked for, the oldest first."""
    from obsctl import documents, exchange

    since = time.time() - _USUAL_SECONDS if call.args.since is None else call.args.since
    with call.client(TIMEOUT_SECONDS) as client:
        name = naming.name(client, call.args.workspace)
        roots = {one.name: Path(documents.unescaped(one)) for one in client.workspaces()}
        found = client.commits(name, 0, "", since).commits
        yield exchange.authors_of(client, roots, reversed(found))


def _traces(call: Call, commits: Iterator[CommitAuthors]) -> int:
    from obsctl import agent_trace

    records = (agent_trace.record(commit) for commit in commits)
    if call.json:
        call.document("export", form="agent-trace", records=list(records))
        return 0
    for record in records:
        call.say(to_json(dict(record)))
    return 0


def _notes(call: Call, commits: Iterator[CommitAuthors]) -> int:
    from obsctl import authorship_notes

    notes: list[Note] = []
    there: dict[Path, set[str]] = {}
    for commit in commits:
        text = authorship_notes.note(commit)
        if not text:
            continue
        new = False
        if call.args.write:
            known = there.setdefault(commit.root, authorship_notes.written(commit.root))
            new = commit.commit_id not in known
            if new:
                authorship_notes.write(commit.root, commit.commit_id, text)
                known.add(commit.commit_id)
        notes.append({"commit": commit.commit_id, "workspace": commit.workspace, "note": text, "written": new})
        if not call.json and not call.args.write:
            call.say(f"commit {commit.commit_id}")
            call.say(text)
    if call.json:
        call.document("export", form="notes", notes=notes)
    elif call.args.write:
        fresh = sum(one["written"] for one in notes)
        kept = len(notes) - fresh
        call.note(f"written to refs/notes/ai: {amounts.count(fresh, 'note')}; there before and left alone: {kept}")
    return 0
