"""`obsctl rules`: the workflow rules of each workspace, their limits, and whether they are satisfied."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING

from obsctl import arguments, listing, naming, render
from obsctl.call import Call
from obsctl.columns import Column

if TYPE_CHECKING:
    from obsd.v1.activity_pb2 import Rule

_COLUMNS = (
    Column("WORKSPACE", least=9),
    Column("RULE"),
    Column("LIMIT", rank=2, least=8),
    Column("STATE"),
    Column("WHAT BROKE IT", rank=1, least=16),
)


def configure(parser: ArgumentParser) -> None:
    """A filter."""
    parser.add_argument(
        "--workspace", metavar="NAME", type=arguments.given, help="only the rules of this workspace (name or path)"
    )


def run(call: Call) -> int:
    """Lists rules."""
    from obsctl import documents

    with call.client() as client:
        found = client.rules(naming.name(client, call.args.workspace))
    if call.json:
        call.document("rules", rules=[documents.rule(one) for one in found])
        return 0
    if not found:
        call.note("no workspace is registered; `obsctl add-workspace PATH` adds one")
        return 0
    listing.show(call, _COLUMNS, [_row(one) for one in found])
    return 0


def _row(rule: Rule) -> tuple[object, ...]:
    last = rule.last_violation
    what = f"{render.subject(last.subject)}: {last.detail}" if rule.state == "broken" and last.rule else ""
    return rule.workspace, rule.rule, _limit(rule), rule.state, what


def _limit(rule: Rule) -> str:
    from obsctl import documents

    limit = documents.plain(rule.limit)
    if isinstance(limit, list):
        return ", ".join(limit[:4]) + (f" and {len(limit) - 4} more" if len(limit) > 4 else "")
    if isinstance(limit, bool):
        return "on" if limit else "off"
    return f"{limit:g}"
