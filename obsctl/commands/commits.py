"""`obsctl commits`: commits, newest first."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING

from obsctl import arguments, author_words, listing, naming
from obsctl.call import Call
from obsctl.columns import Column

if TYPE_CHECKING:
    from obsd.v1.activity_pb2 import Commit

DEFAULT_LIMIT = 50
_COLUMNS = (
    *(Column("COMMIT"), Column("WHEN", rank=4), Column("WORKSPACE", rank=3, least=9)),
    *(Column("BRANCH", rank=6, least=8), Column("AUTHOR", rank=7, least=8), Column("AGENT", rank=1, least=10)),
    *(Column("LINES", rank=2, right=True), Column("WRITTEN BY", rank=5, least=12)),
    *(Column("FILES", rank=8, right=True), Column("SUBJECT", least=20)),
)


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
        answer = client.commits(name, args.limit, args.agent, args.since, args.until)
        hidden = () if call.json or listing.several(client, name) else ("WORKSPACE",)
    if call.json:
        found, past = ([documents.commit(one) for one in part] for part in (answer.commits, answer.history))
        call.document("commits", commits=found, history=past)
        return 0
    if answer.commits:
        listing.show(call, _COLUMNS, [_row(one) for one in answer.commits], hidden)
    else:
        call.note("no commit was recorded yet: obsd records those that are made in a workspace from now on")
    if answer.history:
        call.note("from before the workspace was watched, by git's log:")
        listing.show(call, _COLUMNS, [_row(one) for one in answer.history], hidden)
    return 0


def _row(commit: Commit) -> tuple[object, ...]:
    from obsd import rpc_encoding

    evidence = f" ({commit.evidence})" if commit.evidence != "none" else ""
    return (
        commit.id[:10],
        listing.when(rpc_encoding.unix_seconds(commit.committed_at)),
        commit.workspace,
        commit.branch or ("(history)" if commit.source == "history" else ""),
        commit.author,
        commit.agent + evidence,
        f"+{commit.lines_added} -{commit.lines_removed}" if commit.HasField("lines_added") else "unknown",
        author_words.lines((one.agent, one.lines) for one in commit.origins),
        commit.files_changed if commit.HasField("files_changed") else "unknown",
        commit.subject,
    )
