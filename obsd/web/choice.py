"""What an address of the page asks for: workspace, agent and time, with which every view can be narrowed.

Owns the parameters of addresses and their bounds, and what `today` is in this machine's time zone. Whatever is not
understood is as if it were not there. Pure, any thread.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlencode

from obsd.analysis.days import DAY_SECONDS

TIMES: Final = {"today": 0, "yesterday": -1, "week": -6, "month": -29, "quarter": -89}
"""Words for times, and the day in which they begin, counted from today."""

LEAST_ROWS: Final = 50
MAX_ROWS: Final = 1_000
_MAX_FIELDS: Final = 16
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice; "" is all workspaces, all agents. `since` and `until` are Unix seconds, `time` the word for them.

    `given` says whether the address named the time: another view has another usual one.
    """

    now: float
    time: str
    since: float
    until: float
    workspace: str = ""
    agent: str = ""
    rows: int = LEAST_ROWS
    given: bool = False

    def address(self, path: str, **changes: str | int) -> str:
        """Returns the address of a view with this choice, some of it changed."""
        fields = {"workspace": self.workspace, "agent": self.agent, "time": self.time if self.given else "", **changes}
        chosen = {name: value for name, value in fields.items() if value}
        return f"{path}?{urlencode(chosen, errors='surrogateescape')}" if chosen else path

    @property
    def day(self) -> str:
        """The date of the day in which it ends."""
        return time.strftime("%Y-%m-%d", time.localtime(self.until - 1))


def read(query: str, usual_time: str, now: float) -> Choice:
    """Returns the choice in a query; `usual_time` is the time of a view that is given none."""
    try:
        fields = parse_qs(query, max_num_fields=_MAX_FIELDS, errors="surrogateescape")
    except ValueError:
        fields = {}
    given = {name: values[-1] for name, values in fields.items()}
    word = given.get("time", "")
    span = _span(word, now)
    given_time = span is not None
    if span is None:
        word, span = usual_time, _span(usual_time, now) or (now - DAY_SECONDS, now)
    rows = given.get("rows", "")
    return Choice(
        now=now,
        time=word,
        since=span[0],
        until=span[1],
        given=given_time,
        workspace=given.get("workspace", "")[:200],
        agent=given.get("agent", "")[:100],
        rows=min(MAX_ROWS, max(LEAST_ROWS, int(rows)))
        if rows.isascii() and rows.isdigit() and len(rows) < 6
        else LEAST_ROWS,
    )


def midnight(at: float, days: int = 0) -> float:
    """Returns when the local day at a time begins, or the one so many days later."""
    day = time.localtime(at)
    return time.mktime((day.tm_year, day.tm_mon, day.tm_mday + days, 0, 0, 0, -1, -1, -1))


def _span(word: str, now: float) -> tuple[float, float] | None:
    if word in TIMES:
        until = midnight(now) if word == "yesterday" else midnight(now, 1)
        return midnight(now, TIMES[word]), until
    match = _DATE.fullmatch(word)
    if match is None or not 1970 < int(match[1]) < 3000:
        return None
    try:
        begin = time.mktime((int(match[1]), int(match[2]), int(match[3]), 0, 0, 0, -1, -1, -1))
    except (ValueError, OverflowError):
        return None
    return begin, midnight(begin, 1)
