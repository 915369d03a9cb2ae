"""`obsctl usage`: what vendors counted by day, beside what was counted on this machine, and why they differ."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING, Final

from obsctl import arguments, listing
from obsctl.call import Call
from obsctl.columns import Column
from obsd.usage.reasons import in_words

if TYPE_CHECKING:
    from obsctl.schema.usage import UsageCommit, UsageFigure
    from obsd.v1 import agents_pb2

_FIGURES: Final = (
    Column("DAY"),
    Column("VENDOR", rank=1),
    Column("OF", rank=1, least=8),
    Column("MEASURE", least=12),
    Column("VENDOR'S", right=True),
    Column("HERE", right=True),
    Column("DIFFERENCE", right=True),
    Column("WHY", rank=2, least=16),
)
_COMMITS: Final = (
    Column("DAY"),
    Column("VENDOR", rank=1),
    Column("COMMIT"),
    Column("WORKSPACE", rank=1, least=8),
    Column("VENDOR'S", right=True),
    Column("HERE", right=True),
    Column("DIFFERENCE", right=True),
    Column("UNKNOWN", right=True, rank=1),
    Column("WHY", rank=2, least=16),
)
_NO_VENDOR: Final = (
    "no vendor is read: set token_file in [usage.anthropic], [usage.copilot] or [usage.cursor] of obsd.toml, then "
    "`obsctl reload`"
)
_SHORT: Final = 10
"""Characters of a commit's id that are shown."""


def configure(parser: ArgumentParser) -> None:
    """Since when, whose, and of what."""
    parser.add_argument(
        "--since", metavar="TIME", type=arguments.since, help="from that day on, such as 30d (default: a week)"
    )
    parser.add_argument(
        "--vendor", metavar="NAME", type=arguments.given, help="of one vendor: anthropic, copilot or cursor"
    )
    parser.add_argument(
        "--of", choices=("person", "total", "team", "repository"), help="of what: the person (default), or others"
    )


def run(call: Call) -> int:
    """Shows the days."""
    with call.client() as client:
        found = client.usage(call.args.since, call.args.vendor or "", call.args.of or "")
    figures = [_figure(one) for one in found.figures]
    commits = [_commit(one) for one in found.commits]
    people = [{"vendor": one.vendor, "person": one.person or None} for one in found.people]
    if call.json:
        call.document(
            "usage",
            vendors=list(found.vendors),
            person=found.person or None,
            people=people,
            figures=figures,
            commits=commits,
        )
        return 0
    _show(call, figures, commits)
    everybody = [one.vendor for one in found.people if not one.person]
    if not found.vendors:
        call.note(_NO_VENDOR)
    elif not (figures or commits):
        call.note("no figures in that time; `obsctl status` says when a vendor cannot be read")
    elif everybody and not call.args.of:
        sections = ", ".join(f"[usage.{vendor}]" for vendor in everybody)
        call.note(f"these are all people's numbers: set person in {sections} to compare yours")
    return 0


def _show(call: Call, figures: list[UsageFigure], commits: list[UsageCommit]) -> None:
    parts: list[listing.Part] = []
    if figures:
        several = any(one["subject"] for one in figures)
        kept = [place for place, column in enumerate(_FIGURES) if several or column.heading != "OF"]
        rows = [_row(one) for one in figures]
        parts.append(listing.Rows([_FIGURES[n] for n in kept], [[row[n] for n in kept] for row in rows]))
    if commits:
        parts += ["", "Added lines of commits by the vendor's agent:"] if figures else []
        parts.append(listing.Rows(_COMMITS, [_commit_row(one) for one in commits]))
    listing.show_parts(call, parts)


def _figure(one: agents_pb2.UsageFigure) -> UsageFigure:
    amount = one.amount if one.HasField("amount") else None
    counted = one.counted if one.HasField("counted") else None
    return {
        "vendor": one.vendor,
        "day": one.day,
        "settled": one.settled,
        "subject": one.subject or None,
        "measure": one.measure,
        "amount": amount,
        "counted": counted,
        "difference": _difference(amount, counted),
        "reasons": list(one.reasons),
    }


def _commit(one: agents_pb2.UsageCommit) -> UsageCommit:
    amount = one.amount if one.HasField("amount") else None
    counted = one.counted if one.HasField("counted") else None
    return {
        "vendor": one.vendor,
        "id": one.commit_id,
        "day": one.day,
        "workspace": one.workspace or None,
        "amount": amount,
        "counted": counted,
        "difference": _difference(amount, counted),
        "unknown": one.unknown,
        "reasons": list(one.reasons),
    }


def _difference(amount: float | None, counted: float | None) -> float | None:
    return None if amount is None or counted is None else amount - counted


def _row(one: UsageFigure) -> tuple[object, ...]:
    numbers = map(_number, (one["amount"], one["counted"], one["difference"]))
    measure = one["measure"].replace("_", " ")
    return (one["day"], one["vendor"], one["subject"] or "-", measure, *numbers, in_words(one["reasons"]))


def _commit_row(one: UsageCommit) -> tuple[object, ...]:
    numbers = map(_number, (one["amount"], one["counted"], one["difference"]))
    place = one["workspace"] or "-"
    return (one["day"], one["vendor"], one["id"][:_SHORT], place, *numbers, one["unknown"], in_words(one["reasons"]))


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value == round(value) else f"{value:.2f}"
