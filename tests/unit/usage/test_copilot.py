"""Copilot's usage metrics: a day's reports are read whole from a real HTTP server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from obsd.config_fields import People
from obsd.usage.copilot import read
from obsd.usage.copilot_fields import MEASURES
from tests.copilot_stub import Copilot, member, repository, totals, user
from tests.unit.usage.copilot_days import DAY, config, day_of, figures


@pytest.fixture
def github() -> Iterator[Copilot]:
    made = Copilot()
    yield made
    made.shutdown()
    made.server_close()


def test_a_users_day_has_what_the_report_says(github: Copilot, tmp_path: Path) -> None:
    github.add("users-1-day", DAY, user(DAY), user(DAY, "bob", 2, totals_by_feature=[], ai_credits_used=None))
    found = figures(day_of(github, tmp_path, reports=()))
    assert found["ada"] == {
        "interactions": 5,
        "generations": 22,
        "acceptances": 9,
        "lines_suggested_added": 70,
        "lines_suggested_removed": 2,
        "lines_added": 64,
        "lines_removed": 6,
        "ai_credits": 12.5,
        "completions_shown": 20,
        "completions_accepted": 8,
        "completion_lines_suggested": 60,
        "completion_lines_added": 24,
        "agent_lines_added": 40,
        "agent_lines_removed": 6,
    }
    assert set(found["ada"]) <= set(MEASURES)
    assert {"completions_shown", "ai_credits", "cli_sessions"} & set(found["bob"]) == set(), "absent is not 0"
    assert github.asked == [("users-1-day", DAY)]


def test_the_command_line_and_its_tokens(github: Copilot, tmp_path: Path) -> None:
    cli = {"session_count": 2, "token_usage": {"prompt_tokens_sum": 3800, "output_tokens_sum": 5000}}
    github.add("users-1-day", DAY, user(DAY, totals_by_cli=cli))
    found = figures(day_of(github, tmp_path, reports=()))["ada"]
    assert (found["cli_sessions"], found["input_tokens"], found["output_tokens"]) == (2, 3800, 5000)
    assert "cli_requests" not in found


def test_people_are_read_as_the_names_that_are_set_for_them(github: Copilot, tmp_path: Path) -> None:
    github.add("users-1-day", DAY, user(DAY), user(DAY, "ada-work", 2), user(DAY, None, 3))  # type: ignore[arg-type]
    people = People((("ada", "ada@example.org"), ("ada-work", "ada@example.org")))
    found = figures(day_of(github, tmp_path, reports=(), people=people))
    assert (found["ada@example.org"]["lines_added"], set(found)) == (128, {"ada@example.org", "user-3"})


def test_totals_teams_and_repositories_are_scopes_of_their_own(github: Copilot, tmp_path: Path) -> None:
    github.add("users-1-day", DAY, user(DAY), user(DAY, "bob", 2))
    github.add("organization-1-day", DAY, totals(DAY))
    github.add("user-teams-1-day", DAY, *(member(DAY, n, slug) for n, slug in ((1, "core"), (2, "core"), (2, "web"))))
    github.reports["user-teams-1-day", DAY].append([member(DAY, 8, "idle")])
    github.add("repos-1-day", DAY, repository(DAY))
    day = day_of(github, tmp_path, reports=("totals", "teams", "repositories"))
    assert figures(day, "total")["acme"] == {
        "active_users": 2,
        "weekly_active_users": 3,
        "monthly_active_users": 4,
        "lines_added": 128,
        "pull_requests_created": 5,
        "pull_requests_created_by_agent": 2,
    }
    teams = figures(day, "team")
    assert {team: measures["lines_added"] for team, measures in teams.items()} == {"core": 128, "web": 64}
    assert figures(day, "repository") == {
        "acme/shop": {"pull_requests_created": 4, "pull_requests_merged": 3, "pull_requests_merged_by_agent": 1}
    }
    assert set(figures(day)) == {"ada", "bob"}


def test_an_enterprise_has_places_of_its_own(github: Copilot, tmp_path: Path) -> None:
    github.base = "/enterprises/acme-inc"
    github.add("users-1-day", DAY, user(DAY))
    github.add("enterprise-1-day", DAY, totals(DAY)["day_totals"][0])
    day = day_of(github, tmp_path, enterprise="acme-inc")
    assert (figures(day, "total")["acme-inc"]["active_users"], set(figures(day))) == (2, {"ada"})


def test_a_report_in_several_files_with_added_fields_is_one(github: Copilot, tmp_path: Path) -> None:
    github.reports["users-1-day", DAY] = [[user(DAY, new_field={"x": [1]})], [user(DAY, "bob", 2)]]
    assert set(figures(day_of(github, tmp_path, reports=()))) == {"ada", "bob"}
    assert all("authorization" not in headers for headers in github.fetched), "a link gets no token"


def test_lines_that_are_lists_and_empty_ones_are_read(github: Copilot, tmp_path: Path) -> None:
    github.add("users-1-day", DAY)
    github.file_body = b"\n" + json.dumps([user(DAY), user(DAY, "bob", 2)]).encode() + b"\r\n\n"
    assert set(figures(day_of(github, tmp_path, reports=()))) == {"ada", "bob"}


@pytest.mark.parametrize("links", [None, []])
def test_a_day_without_a_report_is_not_ready(github: Copilot, tmp_path: Path, links: list[str] | None) -> None:
    github.links = links
    day = day_of(github, tmp_path)
    assert (day.ready, day.figures) == (False, ())


def test_a_day_of_which_there_can_be_no_report_is_not_asked_for(github: Copilot, tmp_path: Path) -> None:
    [day] = read(config(github, tmp_path), ["2025-10-09"])
    assert (day.ready, day.figures, github.asked) == (True, (), [])
