"""`obsctl violations`: violations of workflow rules, newest first."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING

from obsctl import arguments, listing, naming, render
from obsctl.call import Call
from obsctl.columns import Column

if TYPE_CHECKING:
    from obsd.v1.activity_pb2 import Violation

DEFAULT_LIMIT = 50
_COLUMNS = (
    *(Column("WHEN"), Column("WORKSPACE", rank=1, least=9), Column("RULE")),
    *(Column("SUBJECT", rank=2, least=10, from_left=True), Column("HOW", least=20)),
)


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
        found = client.violations(name, args.limit, args.rule, args.since, args.until)
        hidden = () if call.json or listing.several(client, name) else ("WORKSPACE",)
    if call.json:
        call.document("violations", violations=[documents.violation(one) for one in found])
        return 0
    if not found:
        call.note("no rule was broken; `obsctl rules` shows which rules are on, and their limits")
        return 0
    listing.show(call, _COLUMNS, [_row(one) for one in found], hidden)
    return 0


def _row(violation: Violation) -> tuple[object, ...]:
    from obsd import rpc_encoding

    return (
        listing.when(rpc_encoding.unix_seconds(violation.at)),
        violation.workspace,
        violation.rule,
        render.subject(violation.subject),
        violation.detail,
    )
