"""Cursor's daily usage, and its attributions of commits. Blocking: a worker thread.

Source: `POST /teams/daily-usage-data` of the Admin API, and `GET /analytics/ai-code/commits` of the AI Code Tracking
API (enterprise, alpha), with the key as the user of basic authentication. Owns the fields' names; a commit's message,
which comes along, is not read.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from obsd.config_sections import CursorConfig
from obsd.usage.fields import Sums, amounts, changed, name
from obsd.usage.requests import UsageError, get_json, post_json, read_token
from obsd.usage.steps import DayRead, Pause

MAX_PAGES: Final = 50
MOST_DAYS: Final = 30
"""That one request may ask for."""
PAUSE_SECONDS: Final = 13.0
"""Between pages: five requests a minute are allowed of each interface."""
_ID: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_DAY: Final = {
    "acceptedLinesAdded": "lines_added",
    "acceptedLinesDeleted": "lines_removed",
    "totalLinesAdded": "all_lines_added",
    "totalLinesDeleted": "all_lines_removed",
    "totalApplies": "edits_applied",
    "totalAccepts": "edits_accepted",
    "totalRejects": "edits_rejected",
    "totalTabsShown": "completions_shown",
    "totalTabsAccepted": "completions_accepted",
    "composerRequests": "composer_requests",
    "chatRequests": "chat_requests",
    "agentRequests": "agent_requests",
}
_COMMIT: Final = {
    "totalLinesAdded": "all_lines_added",
    "tabLinesAdded": "tab_lines_added",
    "composerLinesAdded": "composer_lines_added",
    "nonAiLinesAdded": "other_lines_added",
}
MEASURES: Final = tuple(dict.fromkeys((*_DAY.values(), *_COMMIT.values())))
"""In the order in which they are shown."""


def read(config: CursorConfig, days: Sequence[str]) -> Iterator[DayRead | Pause]:
    """The figures of days (UTC, in any order, within 30 days).

    Raises UsageError: then nothing of them is used.
    """
    if not days:
        return
    key = base64.b64encode(f"{read_token(config.token_file)}:".encode("ascii")).decode("ascii")
    headers = {"Authorization": f"Basic {key}", "User-Agent": "obsd"}
    sums = {day: Sums() for day in days}
    yield from _read_days(config, headers, sums)
    if config.commits:
        yield from _read_commits(config, headers, sums)
    yield from (DayRead.of(day, each) for day, each in sums.items())


def _read_days(config: CursorConfig, headers: Mapping[str, str], sums: Mapping[str, Sums]) -> Iterator[Pause]:
    first = _time(min(sums))
    end = min(_time(max(sums)) + timedelta(days=1), first + timedelta(days=MOST_DAYS)) - timedelta(milliseconds=1)
    request: dict[str, object] = {"startDate": _milliseconds(first), "endDate": _milliseconds(end)}
    for page in range(2, MAX_PAGES + 2):
        answer = post_json(f"{config.url}/teams/daily-usage-data", headers, request)
        records = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(records, list):
            raise changed("data")
        for record in records:
            if not isinstance(record, dict):
                raise changed("data")
            day = _day_of(record)
            if day in sums:
                person = config.people.of(name(record, "email", "userId"))
                sums[day].add("person", person, amounts(record, _DAY))
        # Teams that fit into one answer get no pages.
        pages = answer.get("pagination")
        if not isinstance(pages, dict) or not pages.get("hasNextPage"):
            return
        request["page"] = page
        yield Pause(PAUSE_SECONDS)
    raise UsageError(f"its days have more than {MAX_PAGES} pages", "so large a team is not supported")


def _read_commits(config: CursorConfig, headers: Mapping[str, str], sums: Mapping[str, Sums]) -> Iterator[Pause]:
    seen: set[str] = set()
    end = _time(max(sums)) + timedelta(days=1)
    query = {"startDate": min(sums), "endDate": f"{end:%Y-%m-%d}", "pageSize": "1000"}
    for page in range(1, MAX_PAGES + 1):
        if page > 1:
            yield Pause(PAUSE_SECONDS)
        answer = get_json(f"{config.url}/analytics/ai-code/commits?{urlencode(query | {'page': str(page)})}", headers)
        items = answer.get("items") if isinstance(answer, dict) else None
        total = answer.get("totalCount") if isinstance(answer, dict) else None
        if not isinstance(items, list) or isinstance(total, bool) or not isinstance(total, int):
            raise changed("items")
        for item in items:
            if not isinstance(item, dict) or not _ID.fullmatch(str(item.get("commitHash"))):
                raise changed("commitHash")
            day = str(item.get("commitTs") or item.get("createdAt"))[:10]
            if not _is_day(day):
                raise changed("commitTs")
            # Pages shift while commits arrive: the same commit may come twice.
            if day in sums and item["commitHash"] not in seen:
                seen.add(item["commitHash"])
                sums[day].add("commit", item["commitHash"], amounts(item, _COMMIT))
        if not items or page * 1000 >= total:
            return
    raise UsageError(f"its commits have more than {MAX_PAGES} pages", "so large a team is not supported")


def _day_of(record: Mapping[str, Any]) -> str:
    """The day of a record: newer answers name it, older ones have its first millisecond."""
    day, date = record.get("day"), record.get("date")
    if isinstance(day, str) and _is_day(day):
        return day
    if isinstance(date, int) and not isinstance(date, bool) and 0 <= date < 1 << 43:
        return f"{datetime.fromtimestamp(date / 1000, UTC):%Y-%m-%d}"
    raise changed("date")


def _is_day(text: str) -> bool:
    try:
        return f"{_time(text):%Y-%m-%d}" == text
    except ValueError:
        return False


def _time(day: str) -> datetime:
    return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
