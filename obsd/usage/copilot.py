"""GitHub Copilot's usage metrics: the reports of a day, behind signed links. Blocking: a worker thread.

Source: `GET /orgs/{org}/copilot/metrics/reports/…-1-day?day=` and the same of an enterprise, version 2026-03-10. Owns
which reports are read, and to which hosts a link may lead: the token goes to the configured host alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

from obsd.config_sections import CopilotConfig
from obsd.text import label, printable
from obsd.usage.copilot_fields import of_code, of_repository, of_totals
from obsd.usage.fields import Sums, changed, name, tables
from obsd.usage.requests import UsageError, get_answer, get_lines, read_token
from obsd.usage.steps import DayRead

VERSION: Final = "2026-03-10"
FIRST_DAY: Final = "2025-10-10"
"""Of no earlier day there is a report."""
MAX_LINKS: Final = 100
MAX_RECORDS: Final = 1_000_000
"""Of a report, in all of its files."""
_GITHUB: Final = (".github.com", ".githubusercontent.com")
_POLICY: Final = (
    'the policy "Copilot usage metrics" must be on, and the token needs read:org or manage_billing:copilot '
    "(an enterprise's: read:enterprise)"
)

Record = Mapping[str, Any]
Measures = list[tuple[str, float]]
T = TypeVar("T")


def read(config: CopilotConfig, days: Sequence[str]) -> Iterator[DayRead]:
    """The figures of days (UTC). Today is not asked for: a report is of a day that is over.

    Raises UsageError: then nothing of the day at hand is used.
    """
    reader = _Reader(config)
    for day in days:
        if day < FIRST_DAY:
            yield DayRead(day, ())
        else:
            yield reader.read(day)


class _Reader:
    def __init__(self, config: CopilotConfig) -> None:
        self._config = config
        self._headers = {
            "Authorization": f"Bearer {read_token(config.token_file)}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": VERSION,
            "User-Agent": "obsd",
        }
        self._account = config.enterprise or config.organization
        self._kind = "enterprise" if config.enterprise else "organization"
        place = "enterprises" if config.enterprise else "orgs"
        self._base = f"{config.url}/{place}/{quote(self._account, safe='')}/copilot/metrics/reports"

    def read(self, day: str) -> DayRead:
        sums, wanted = Sums(), self._config.reports
        users = self._report("users-1-day", day, self._user)
        if users is None:
            return DayRead(day, (), ready=False)
        for _, person, measures in users:
            sums.add("person", person, measures)
        if "totals" in wanted:
            for measures in self._report(f"{self._kind}-1-day", day, partial(_totals, day)) or ():
                sums.add("total", label(self._account), measures)
        if "teams" in wanted:
            of_user = {number: measures for number, _, measures in users}
            # A person of two teams counts in both; one without activity adds nothing.
            for number, team in self._report("user-teams-1-day", day, _member) or ():
                if number in of_user:
                    sums.add("team", team, of_user[number])
        if "repositories" in wanted:
            for repository, measures in self._report("repos-1-day", day, _repository) or ():
                sums.add("repository", repository, measures)
        return DayRead.of(day, sums)

    def _user(self, record: Record) -> tuple[int, str, Measures]:
        number = _number(record)
        login = name(record, "user_login") if record.get("user_login") else f"user-{number}"
        return number, self._config.people.of(login), list(of_code(record))

    def _report(self, kind: str, day: str, take: Callable[[Record], T]) -> list[T] | None:
        """What `take` gives of each record of a report; None while there is no report of that day."""
        try:
            return self._download(kind, day, take)
        except _Expired:
            # A link lives for a short time: another one is asked for, once.
            try:
                return self._download(kind, day, take)
            except _Expired as again:
                raise UsageError(
                    "its signed link has expired before it could be read", "is the clock of this machine right?"
                ) from again

    def _download(self, kind: str, day: str, take: Callable[[Record], T]) -> list[T] | None:
        links = self._links(kind, day)
        documents = (document for link in links for document in _lines(link))
        records = (record for document in documents for record in _records(document, day))
        found = [take(record) for record in islice(records, MAX_RECORDS + 1)]
        if len(found) > MAX_RECORDS:
            raise UsageError(f"its report has more than {MAX_RECORDS:,} records", "that is no day of this interface")
        return found if links else None

    def _links(self, kind: str, day: str) -> list[str]:
        try:
            answer, headers = get_answer(f"{self._base}/{kind}?day={day}", self._headers)
        except UsageError as error:
            hint = _POLICY if error.code in (401, 403, 404) and not error.wait_seconds else error.hint
            raise UsageError(error.text, hint, error.wait_seconds, error.code) from error
        served = headers.get("x-github-api-version-selected", VERSION)
        if served != VERSION:
            raise UsageError(f"it answers in version {printable(served[:40])}", "update obsd")
        if answer is None:
            return []
        links = answer.get("download_links") if isinstance(answer, dict) else None
        if not isinstance(links, list) or not all(isinstance(link, str) for link in links) or len(links) > MAX_LINKS:
            raise changed("download_links")
        if links and answer.get("report_day", day) != day:
            raise changed("report_day")
        for link in links:
            self._check(link)
        return links

    def _check(self, link: str) -> None:
        """Raises UsageError for a link that leads anywhere but to GitHub."""
        try:
            parts, own = urlsplit(link), urlsplit(self._config.url)
            host, port, sound = parts.hostname or "", parts.port, parts.username is None
        except ValueError as error:
            raise changed("download_links") from error
        if own.scheme == "http":
            # A stand-in for GitHub on the loopback interface has its files there.
            good = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
        else:
            # With data residency the API is at api.TENANT.ghe.com, and its files are at other names of that tenant.
            tenant = (own.hostname or "").removeprefix("api")
            allowed = (*_GITHUB, tenant) if tenant.startswith(".") and tenant.endswith(".ghe.com") else _GITHUB
            good = parts.scheme == "https" and host.endswith(allowed) and port in (None, 443)
        if not good or not sound:
            raise UsageError(
                f"a link leads to {printable(host[:200]) or 'no host'}, which is not GitHub's", "it is not followed"
            )


def _records(document: Any, day: str) -> Iterator[Record]:
    """The records of a line: one, or a list of them. Raises UsageError for one that is of no, or another, day."""
    for record in document if isinstance(document, list) else [document]:
        # Totals have their day further inside.
        if not isinstance(record, dict) or (record.get("day") != day and "day_totals" not in record):
            raise changed("day")
        yield record


def _totals(day: str, record: Record) -> Measures:
    found: Measures = []
    for total in tables(record, "day_totals") or [record]:
        if total.get("day") != day:
            raise changed("day_totals")
        found.extend(of_totals(total))
    return found


def _member(record: Record) -> tuple[int, str]:
    return _number(record), name(record, "slug")


def _repository(record: Record) -> tuple[str, Measures]:
    repository = f"{name(record, 'repo_owner_name')}/{name(record, 'repo_name')}"
    return repository, list(of_repository(record))


def _number(record: Record) -> int:
    number = record.get("user_id")
    if isinstance(number, bool) or not isinstance(number, int):
        raise changed("user_id")
    return number


class _Expired(Exception):
    """A signed link is valid no longer."""


def _lines(link: str) -> Iterator[Any]:
    try:
        yield from get_lines(link)
    except UsageError as error:
        if error.code == 403:
            raise _Expired from error
        raise UsageError(f"its report is not read: {error.text}", error.hint, error.wait_seconds) from error
