"""Presence: agents that were seen at work are shown, and nothing is counted by it."""

from __future__ import annotations

from obsd.facts import AgentsPresent, RuleBroken, RuleKept, Ticked, WorkspaceRemoved
from tests.unit.recording import T0, Clock, added, changed, fold, folded, number

PRESENT = "obsd_agent_present"


def test_the_session_has_all_that_were_present() -> None:
    views = folded([added(), AgentsPresent(T0, "w", ("gemini-cli", "codex")), changed()])
    fold(views, AgentsPresent(T0 + 5, "w", ("claude-code",)), changed(at=T0 + 6))
    assert views.sessions.open["w"].present == ("codex", "gemini-cli", "claude-code")
    assert views.sessions.open["w"].agents == {}


def test_one_workspace_says_nothing_of_another() -> None:
    views = folded([added(), added("v"), AgentsPresent(T0, "v", ("codex",)), changed()])
    assert views.sessions.open["w"].present == ()


def test_present_is_shown_while_a_session_runs() -> None:
    clock = Clock(T0 + 1)
    views = folded([added(), AgentsPresent(T0, "w", ("codex",)), changed()], clock=clock)
    assert number(views, PRESENT, agent="codex") == 1
    fold(views, AgentsPresent(T0 + 2, "w", ()))
    assert number(views, PRESENT, agent="codex") == 0
    fold(views, AgentsPresent(T0 + 3, "w", ("codex",)), Ticked(T0 + 400, ""))
    clock.now = T0 + 400
    assert number(views, PRESENT, agent="codex") == 0


def test_a_removed_workspace_takes_its_agents_along() -> None:
    views = folded([added(), AgentsPresent(T0, "w", ("codex",)), WorkspaceRemoved(T0, "w"), added(), changed()])
    assert views.sessions.open["w"].present == ()
    assert number(views, PRESENT, agent="codex") is None


def test_violations_are_counted_and_belong_to_the_running_session() -> None:
    views = folded([added(), changed(), RuleBroken(T0 + 1, "w", "commit_lines", "abc", "long")])
    assert number(views, "obsd_rule_violations_total", rule="commit_lines") == 1
    assert number(views, "obsd_rule_broken", rule="commit_lines") == 1
    assert views.sessions.open["w"].violations == 1
    fold(views, RuleKept(T0 + 2, "w", "commit_lines"))
    assert number(views, "obsd_rule_broken", rule="commit_lines") == 0
    fold(views, RuleBroken(T0 + 900, "w", "commit_lines", "abd", "long"))
    assert number(views, "obsd_rule_violations_total", rule="commit_lines") == 2
    assert not views.sessions.any_open()
