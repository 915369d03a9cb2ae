"""Whose git made a commit: agents that run no hooks, agents without marks, people, and nobody that is known."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.system.writers.scene import Scene

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="handing over fanotify groups needs root")


def commit(subject: str, *options: str) -> str:
    return f"git {' '.join(options)} commit -q --allow-empty -m '{subject}'"


def test_the_commit_of_an_agent_that_runs_no_hooks_is_its(scene: Scene) -> None:
    scene.shell("gemini", commit("feat: by gemini"))
    assert scene.await_commits(1) == [("feat: by gemini", "gemini-cli", "writer")]
    row = scene.daemon.json("commits")["commits"][0]
    assert row["source"] == "reflog"


def test_without_the_kernel_such_a_commit_is_nobodys(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(with_helper=False)
    scene.shell("gemini", commit("feat: by gemini"))
    assert scene.await_commits(1) == [("feat: by gemini", "unknown", "none")]


def test_a_person_at_a_terminal_is_a_person(scene: Scene) -> None:
    scene.at_work("claude")
    scene.shell("xterm", commit("feat: typed"))
    scene.shell("xterm", commit("feat: without hooks", "-c", "core.hooksPath="))
    assert scene.await_commits(2) == [("feat: typed", "person", "writer"), ("feat: without hooks", "person", "writer")]


def test_marks_come_first_and_an_agent_without_marks_is_found_by_its_process(scene: Scene) -> None:
    scene.shell("claude", commit("feat: marked"))
    scene.shell("mini", commit("feat: unmarked, and no agent by this name alone"))
    scene.at_work("codex").shell(f"cd {scene.path}; {commit('feat: unmarked')}")
    assert scene.await_commits(3) == [
        ("feat: marked", "claude-code", "environment"),
        ("feat: unmarked, and no agent by this name alone", "unknown", "none"),
        ("feat: unmarked", "codex", "writer"),
    ]


def test_commits_of_several_at_once_are_each_ones_own_or_nobodys(scene: Scene) -> None:
    scene.at_work("gemini")
    scene.at_work("xterm")
    for number in range(5):
        scene.shell("gemini", commit(f"feat: gemini {number}"))
        scene.shell("xterm", commit(f"feat: person {number}"))
        scene.shell("xterm", commit(f"feat: person silent {number}", "-c", "core.hooksPath="))
        scene.shell("cron", commit(f"feat: cron {number}", "-c", "core.hooksPath="))
    found = scene.await_commits(20)
    for subject, agent, evidence in found:
        true = {"gemini": "gemini-cli", "person": "person", "cron": "unknown"}[subject.split()[1]]
        assert agent in (true, "unknown"), subject
        assert (evidence == "writer") is (agent != "unknown")
    # What its own hook reported is known, whatever else was made at the same time.
    assert {
        agent for subject, agent, _ in found if subject.startswith("feat: person ") and "silent" not in subject
    } == {"person"}


def test_the_first_commit_of_a_repository_has_its_maker(scene: Scene) -> None:
    fresh = scene.folder / "fresh"
    scene.repository.git("init", "-q", "-b", "main", str(fresh))
    scene.daemon.add(fresh, "fresh")
    options = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "core.hooksPath=")
    scene.shell("gemini", f"cd {fresh} && {commit('feat: first', *options)}")
    scene.await_commits(1)
    [row] = scene.daemon.json("commits", "--workspace", "fresh")["commits"]
    assert (row["agent"], row["evidence"], row["source"]) == ("gemini-cli", "writer", "reflog")


def test_an_agents_commit_that_a_person_amends_stays_the_agents(scene: Scene) -> None:
    scene.shell("gemini", commit("feat: by gemini"))
    scene.await_commits(1)
    scene.shell("xterm", "git commit -q --amend --allow-empty -m 'feat: amended'")
    scene.settle()
    found = scene.daemon.json("commits")["commits"]
    assert [(one["subject"], one["agent"], one["evidence"]) for one in found] == [
        ("feat: amended", "gemini-cli", "writer")
    ]
