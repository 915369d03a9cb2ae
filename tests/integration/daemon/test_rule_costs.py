"""Where `git status` is dear, the rules ask for it only where the facts cannot say: on a real repository and ledger."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from obsd.facts import GitChangedFiles
from obsd.git import status
from obsd.git.layout import Layout
from obsd.rules import uncommitted_paths
from tests.integration.daemon.test_rule_authors import Rules, run, written
from tests.support import Repository, clean_environment

Answers = list[frozenset[str]]

LIMIT = 50
"""Of `uncommitted_files`, by default."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """The answers of `git status` so far, each of them taken as dear, and the next due at once."""
    answers: Answers = []
    real = status.uncommitted

    def uncommitted(layout: Layout) -> frozenset[str]:
        answers.append(real(layout))
        return answers[-1]

    monkeypatch.setattr(status, "uncommitted", uncommitted)
    monkeypatch.setattr(uncommitted_paths, "CHEAP_SECONDS", -1.0)
    monkeypatch.setattr(uncommitted_paths, "PAUSE_FACTOR", 0.0)
    return answers


async def count(asked: Answers, least: int) -> bool:
    return len(asked) >= least


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """The workspace; the ledger beside its files is ignored."""
    made = Repository(tmp_path / "w", clean_environment(tmp_path))
    made.write(".gitignore", "ledger.*\n")
    made.commit("chore: begin")
    return made


def test_it_is_asked_once_while_too_few_files_have_changed(repository: Repository, asked: Answers) -> None:
    async def story(rules: Rules) -> None:
        repository.write("a.txt", "a\n")
        await rules.changed("a.txt")
        await rules.until(lambda: count(asked, 1))
        repository.write("b.pem", "b\n")
        await rules.changed("b.pem", written("b.pem", "codex"))
        await rules.until_violations(1)  # so it has been judged again
        assert [rule for rule, _, _ in await rules.violations()] == ["protected_paths"]
        assert asked == [{"a.txt"}]

    run(repository.path, story)


def test_a_violation_is_what_git_says_and_so_is_its_end(repository: Repository, asked: Answers) -> None:
    async def story(rules: Rules) -> None:
        await rules.changed("a.txt")  # which is gone again: git knows
        await rules.until(lambda: count(asked, 1))
        for number in range(LIMIT + 1):
            repository.write(f"f{number}", "")
            await rules.changed(f"f{number}")
        await rules.until_violations(1)
        assert asked[-1] == {f"f{number}" for number in range(LIMIT + 1)}
        rule, subject, detail = (await rules.violations())[0]
        assert (rule, subject in asked[-1]) == ("uncommitted_files", True)
        assert detail == f"{LIMIT + 1} files differ from HEAD; the limit is {LIMIT}"
        repository.commit("feat: all of them")
        await rules.changed("f1")

        async def kept() -> bool:
            return not rules.recorder.views.metrics.rule_broken("w", "uncommitted_files")

        await rules.until(kept)
        assert asked[-1] == set()

    run(repository.path, story)


def test_what_git_wrote_is_asked_of_it(repository: Repository, asked: Answers) -> None:
    async def story(rules: Rules) -> None:
        await rules.changed("a.txt")
        await rules.until(lambda: count(asked, 1))
        await rules.recorder.record([GitChangedFiles(time.time(), "w", "checkout", 3)])
        await rules.until(lambda: count(asked, 2))

    run(repository.path, story)


def test_before_its_time_it_waits_and_is_asked_then(
    repository: Repository, asked: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(rules: Rules) -> None:
        await rules.changed("a.txt")
        await rules.until(lambda: count(asked, 1))
        # By its cost the next is due later, whatever hurries; it is not lost.
        await rules.recorder.record([GitChangedFiles(time.time(), "w", "checkout", 3)])
        await rules.changed("b.pem", written("b.pem", "codex"))
        await rules.until_violations(1)
        await rules.until(lambda: count(asked, 2))

    monkeypatch.setattr(uncommitted_paths, "PAUSE_FACTOR", 300.0)
    run(repository.path, story)
