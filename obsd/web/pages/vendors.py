"""Vendors' days on the measures view: each number beside this machine's, and why they may differ.

On the event loop; read on the ledger's thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from obsd.api.daemon_protocol import DaemonPort
from obsd.text import printable
from obsd.usage import compared_days
from obsd.usage.comparison import COUNTED, Compared, ComparedCommit
from obsd.usage.reasons import in_words
from obsd.usage.vendors import VENDORS
from obsd.web.choice import Choice

MOST_ROWS: Final = 200


@dataclass(frozen=True, slots=True)
class VendorRow:
    """A number of a vendor, of a day's measure or of a commit's lines; empty where there is none, which is not 0."""

    day: str
    vendor: str
    what: str
    amount: str
    counted: str
    difference: str
    why: str


async def rows(daemon: DaemonPort, chosen: Choice) -> tuple[VendorRow, ...]:
    """The measures that both count and the commits of the chosen days, the newest first. Errors: StoreError."""
    config = daemon.config.usage
    found = await daemon.recorder.query(lambda ledger: compared_days.read(ledger, config, chosen.since))
    last = compared_days.day_of(chosen.until - 1)
    named = {vendor.name for vendor in VENDORS if chosen.agent in ("", *vendor.agents)}
    # A vendor's day is of no workspace.
    days = [] if chosen.workspace else [one for one in found.figures if one.measure in COUNTED]
    commits = [one for one in found.commits if chosen.workspace in ("", one.workspace)]
    shown = [_of_day(one) for one in days if one.day <= last and one.vendor in named]
    shown += [_of_commit(one) for one in commits if one.day <= last and one.vendor in named]
    return tuple(sorted(shown, key=lambda row: row.day, reverse=True)[:MOST_ROWS])


def _of_day(one: Compared) -> VendorRow:
    return _row(one, one.measure.replace("_", " "))


def _of_commit(one: ComparedCommit) -> VendorRow:
    return _row(one, f"lines of commit {one.commit_id[:10]}")


def _row(one: Compared | ComparedCommit, what: str) -> VendorRow:
    known = one.amount is not None and one.counted is not None
    difference = (one.amount or 0.0) - (one.counted or 0.0) if known else None
    numbers = (_number(one.amount), _number(one.counted), _number(difference))
    return VendorRow(one.day, one.vendor, printable(what), *numbers, in_words(one.reasons))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"
