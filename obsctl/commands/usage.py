"""`obsctl usage`: what vendors counted by day, beside what was counted on this machine, and why they differ."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING, Final

from obsctl import arguments, listing
from obsctl.call import Call
from obsctl.columns import Column

if TYPE_CHECKING:
    from obsctl.schema.usage import UsageFigure
    from obsd.v1 import agents_pb2

REASONS: Final = {
    "not_settled": "not settled",
    "not_measured": "obsd does not count it",
    "not_watched": "before obsd watched",
    "watched_in_part": "obsd watched a part of the day",
    "several_people": "several people",
    "elsewhere": "another machine, or a folder that is not watched",
    "not_reported": "the agent did not report it, or another account",
}
"""The words for the reasons of the API."""
_COLUMNS: Final = (
    Column("DAY"),
    Column("VENDOR", rank=1),
    Column("MEASURE", least=12),
    Column("VENDOR'S", right=True),
    Column("HERE", right=True),
    Column("DIFFERENCE", right=True),
    Column("WHY", rank=2, least=16),
)


def configure(parser: ArgumentParser) -> None:
    """Since when, and whose."""
    parser.add_argument(
        "--since", metavar="TIME", type=arguments.since, help="from that day on, such as 30d (default: a week)"
    )
    parser.add_argument("--vendor", metavar="NAME", type=arguments.given, help="of one vendor: anthropic")


def run(call: Call) -> int:
    """Shows the days."""
    with call.client() as client:
        found = client.usage(call.args.since, call.args.vendor or "")
    figures = [_figure(one) for one in found.figures]
    if call.json:
        call.document("usage", vendors=list(found.vendors), person=found.person or None, figures=figures)
        return 0
    if figures:
        listing.show(call, _COLUMNS, [_row(one) for one in figures])
    elif found.vendors:
        call.note("no figures in that time; `obsctl status` says when a vendor cannot be read")
    if not found.vendors:
        call.note("no vendor is read: set token_file in [usage.anthropic] of obsd.toml, then `obsctl reload`")
    elif not found.person:
        call.note("these are all people's numbers: set person in [usage.anthropic] to compare yours")
    return 0


def _figure(one: agents_pb2.UsageFigure) -> UsageFigure:
    counted = one.counted if one.HasField("counted") else None
    return {
        "vendor": one.vendor,
        "day": one.day,
        "settled": one.settled,
        "measure": one.measure,
        "amount": one.amount,
        "counted": counted,
        "difference": None if counted is None else one.amount - counted,
        "reasons": list(one.reasons),
    }


def _row(one: UsageFigure) -> tuple[object, ...]:
    figures = (one["amount"], one["counted"], one["difference"])
    why = "; ".join(REASONS.get(reason, reason) for reason in one["reasons"])
    return (one["day"], one["vendor"], one["measure"].replace("_", " "), *map(_number, figures), why or "-")


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value == round(value) else f"{value:.2f}"
