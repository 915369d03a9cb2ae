"""`obsctl violations`: violations of workflow rules, newest first."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING

from obsctl import arguments, naming, render
from obsctl.call import Call

if TYPE_CHECKING:
    from obsd.v1.activity_pb2 import Violation

DEFAULT_LIMIT = 50
_ID_LENGTHS = (40, 64)


def configure(parser: ArgumentParser) -> None:
    """Filters."""
    arguments.add_filters(parser, "violations", DEFAULT_LIMIT)
    parser.add_argument("--rule", metavar="RULE", default="", help="only those of this rule")


def run(call: Call) -> int:
    """Lists violations."""
    from obsctl import documents

    args = call.args
    with call.client() as client:
        name = naming.name(client, args.workspace)
        found = client.violations(name, args.limit, args.rule, args.since)
    if call.json:
        call.document("violations", violations=[documents.violation(one) for one in found])
        return 0
    if not found:
        call.note("no rule was broken; `obsctl rules` shows which rules are on, and their limits")
        return 0
    render.table(("WHEN", "WORKSPACE", "RULE", "SUBJECT", "HOW"), [_row(one) for one in found], args.no_color)
    return 0


def _row(violation: Violation) -> tuple[object, ...]:
    from obsd import rpc_encoding

    return (
        render.local(rpc_encoding.unix_seconds(violation.at)),
        violation.workspace,
        violation.rule,
        short(violation.subject),
        violation.detail,
    )


def short(subject: str) -> str:
    """Returns a subject for a table: a commit's id as git abbreviates it, a path as it is."""
    is_id = len(subject) in _ID_LENGTHS and all(char in "0123456789abcdef" for char in subject)
    return subject[:10] if is_id else subject
