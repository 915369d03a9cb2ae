"""The arithmetic of docs/fleet.md, held against the series that obsd has."""

from __future__ import annotations

import re
from pathlib import Path

from obsctl.commands.prometheus_config import UNBOUNDED_LABELS
from obsd.authorship.facts import WriterSeen
from obsd.facts import KEPT_DAYS, AgentsPresent, CommitOrigins, Fact, LinesKept, LinesReplaced, OriginLines, Ticked
from obsd.facts.editors import SUGGESTION_OUTCOMES, SuggestionEnded
from obsd.usage.compared_days import LastDay
from obsd.usage.vendors import VENDORS
from obsd.views import Views
from tests.unit.recording import T0, Clock, added, changed, commit, fold, folded, scraped

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "fleet.md").read_text("utf-8")
AN_HOUR = 3600.0


def said(words: str) -> int:
    """A number of the table in the document."""
    found = re.search(rf"^\| {words} \| (\d+) \|$", TEXT, re.MULTILINE)
    assert found is not None, words
    return int(found[1])


def workspace(types: int, agents: int) -> Views:
    """A workspace with so many file types, and agents that were present and made commits in four ways."""
    clock = Clock(T0)
    views = folded([added()], clock=clock)
    facts: list[Fact] = [changed(f"{number}", file_type=f"t{number}", at=T0) for number in range(types)]
    for agent in range(agents):
        name = f"agent-{agent}"
        facts += [AgentsPresent(T0, "w", (name,)), WriterSeen(T0 + agent, "w", "a", name)]
        facts += [changed("a", file_type="t0", at=T0 + agent + 0.5)]
        facts += [
            commit(agent * 4 + 1, agent=name, evidence="environment", at=T0),
            commit(agent * 4 + 2, agent=name, evidence="environment", kind="merge", at=T0),
            commit(agent * 4 + 3, agent=name, evidence="trailer", at=T0),
            commit(agent * 4 + 4, agent=name, evidence="trailer", kind="cherry-pick", at=T0),
        ]
        lines = (OriginLines(name, "writer", 3), OriginLines(name, "record", 2))
        facts.append(CommitOrigins(T0, "w", "a" * 40, lines, lines))
        facts.append(LinesKept(T0, "w", tuple((days, name, 9, 8) for days in KEPT_DAYS)))
        facts.append(LinesReplaced(T0, "w", agent + 1, ((name, 2),), ((name, 1),)))
    fold(views, *facts)
    clock.now = T0 + AN_HOUR
    fold(views, Ticked(T0 + AN_HOUR, ""))
    return views


def sent(views: Views) -> tuple[int, int, int]:
    """Series of the workspace that an agent sends on, those of the daemon, and all."""
    every = [dict(labels) for _, labels in scraped(views)]
    bounded = [labels for labels in every if not any(labels.get(name) for name in UNBOUNDED_LABELS)]
    own = [labels for labels in bounded if labels.get("workspace") == "w"]
    return len(own), len(bounded) - len(own), len(every)


def test_a_workspace_has_no_more_series_than_the_page_says() -> None:
    for types in (0, 1, 8):
        for agents in (0, 1, 4):
            own, daemon, _ = sent(workspace(types, agents))
            most = said("for itself") + types * said("for each file type")
            most += agents * said("for each agent that wrote, made commits or was present")
            assert most * 0.7 <= own <= most, (types, agents)
            assert daemon <= 20


def test_the_sums_are_right() -> None:
    usual = said("for itself") + 8 * said("for each file type")
    usual += 2 * said("for each agent that wrote, made commits or was present")
    assert f"120 + 8 · 6 + 2 · 23 = {usual} series" in TEXT
    machine = 5 * usual + 20 + 16 + 5
    assert f"**{1000 * machine:,}** | **{1000 * machine // 15:,}**" in TEXT
    recorded = 5 * (5 + 2 * 3 + 5) + 2
    assert f"| {1000 * recorded:,} | {1000 * recorded // 60:,} " in TEXT
    assert f"{recorded} series a machine in place of {machine}" in " ".join(TEXT.split())
    _, _, everything = sent(workspace(8, 2))
    assert everything < 450


def test_a_vendor_has_no_more_series_than_the_page_says() -> None:
    found = re.search(r"reads a vendor's days has at most (\d+) more", " ".join(TEXT.split()))
    assert found is not None
    views = folded([added()])
    before, daemon_before, _ = sent(views)
    for vendor in VENDORS:
        views.metrics.vendors.take([LastDay(vendor.name, T0, dict.fromkeys(vendor.measures, 1.0))])
        after, daemon, _ = sent(views)
        assert after == before
        assert len(vendor.measures) < daemon - daemon_before <= int(found[1]), vendor.name


def test_a_provider_has_as_many_series_as_the_page_says() -> None:
    before, _, _ = sent(folded([added()]))
    ended = [SuggestionEnded(T0, "w", "github.copilot", outcome, 1, 3) for outcome in SUGGESTION_OUTCOMES]
    after, _, _ = sent(folded([added(), *ended]))
    assert after - before == said("for each provider of suggestions in an editor")
