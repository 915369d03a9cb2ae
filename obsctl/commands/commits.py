"""`obsctl commits`: commits, newest first."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING

from obsctl import arguments, author_words, naming, render
from obsctl.call import Call

if TYPE_CHECKING:
    from obsd.v1.activity_pb2 import Commit

DEFAULT_LIMIT = 50
_HEADINGS = ("COMMIT", "WHEN", "WORKSPACE", "BRANCH", "AUTHOR", "AGENT", "LINES", "WRITTEN BY", "FILES", "SUBJECT")
_DROPPABLE = ("FILES", "AUTHOR", "BRANCH", "WHEN")


def configure(parser: ArgumentParser) -> None:
    """Filters."""
    arguments.add_filters(parser, "commits", DEFAULT_LIMIT)
    parser.add_argument(
        "--agent", metavar="ID", default="", help='only those of this agent ("unknown": no known agent)'
    )


def run(call: Call) -> int:
    """Lists commits."""
    from obsctl import documents

    args = call.args
    with call.client() as client:
        name = naming.name(client, args.workspace)
        answer = client.commits(name, args.limit, args.agent, args.since)
    if call.json:
        found, past = ([documents.commit(one) for one in part] for part in (answer.commits, answer.history))
        call.document("commits", commits=found, history=past)
        return 0
    if answer.commits:
        render.table(_HEADINGS, [_row(one) for one in answer.commits], args.no_color, _DROPPABLE)
    else:
        call.note("no commit was recorded yet: obsd records those that are made in a workspace from now on")
    if answer.history:
        call.note("from before the workspace was watched, by git's log:")
        render.table(_HEADINGS, [_row(one) for one in answer.history], args.no_color, _DROPPABLE)
    return 0


def _row(commit: Commit) -> tuple[object, ...]:
    from obsd import rpc_encoding

    evidence = f" ({commit.evidence})" if commit.evidence != "none" else ""
    return (
        commit.id[:10],
        render.local(rpc_encoding.unix_seconds(commit.committed_at)),
        commit.workspace,
        commit.branch or ("(history)" if commit.source == "history" else ""),
        commit.author,
        commit.agent + evidence,
        f"+{commit.lines_added} -{commit.lines_removed}" if commit.HasField("lines_added") else "unknown",
        author_words.lines((one.agent, one.lines) for one in commit.origins),
        commit.files_changed if commit.HasField("files_changed") else "unknown",
        commit.subject,
    )
