"""What may differ from HEAD, by facts: never fewer paths than git names, and git is asked what they cannot say."""

from __future__ import annotations

from random import Random

import pytest

from obsd.config import Config
from obsd.facts import CommitRewritten, FileChanged, GitChangedFiles
from obsd.rules.registry import WORKSPACE_RULES
from obsd.rules.rule import Tree
from obsd.rules.uncommitted_paths import (
    CHEAP_SECONDS,
    MAX_PATHS,
    PAUSE_FACTOR,
    VALID_SECONDS,
    UncommittedPaths,
    are_kept,
)

DEAR_SECONDS = 2.0


def changed(path: str, previous_path: str = "") -> FileChanged:
    return FileChanged(1.0, "w", path, "modified", "other", 1, 0, previous_path=previous_path)


def answered(*paths: str, took: float = DEAR_SECONDS) -> UncommittedPaths:
    """After a `git status` from 100 on."""
    known = UncommittedPaths()
    known.ask(100.0)
    known.answer(frozenset(paths), 100.0 + took, took)
    return known


def test_what_changes_is_added_to_what_git_named() -> None:
    known = answered("a", "b")
    known.take(changed("c"))
    known.take(changed("e", "d"))
    assert known.at_most(110.0) == frozenset({"a", "b", "c", "d", "e"})


def test_what_changes_while_git_is_asked_stays() -> None:
    known = UncommittedPaths()
    known.ask(100.0)
    known.take(changed("late"))
    known.answer(frozenset({"a"}), 102.0, 2.0)
    assert known.at_most(103.0) == frozenset({"a", "late"})


def test_git_is_asked_where_it_is_cheap_and_before_it_ever_was() -> None:
    assert UncommittedPaths().at_most(1.0) is None
    cheap = answered("a", took=CHEAP_SECONDS / 2)
    assert cheap.at_most(101.0) is None
    assert cheap.not_before <= 100.0 + CHEAP_SECONDS


def test_a_dear_one_comes_a_multiple_of_its_cost_later() -> None:
    assert answered("a").not_before == 100.0 + DEAR_SECONDS + PAUSE_FACTOR * DEAR_SECONDS


@pytest.mark.parametrize(
    "fact",
    [
        changed(".gitignore"),
        changed("deep/down/.gitignore"),
        GitChangedFiles(1.0, "w", "checkout", 3),
        CommitRewritten(1.0, "w", "amend", "1" * 40, "2" * 40),
    ],
)
def test_what_only_git_knows_is_asked_of_it(fact: FileChanged | GitChangedFiles | CommitRewritten) -> None:
    known = answered("a")
    known.take(fact)
    assert known.at_most(110.0) is None
    known.ask(200.0)
    known.answer(frozenset(), 202.0, 2.0)
    assert known.at_most(210.0) == frozenset()


def test_an_answer_is_valid_for_a_time_and_none_is_no_answer() -> None:
    known = answered("a")
    assert known.at_most(100.0 + VALID_SECONDS) is None
    known.ask(500.0)
    known.answer(None, 502.0, 2.0)
    assert known.at_most(503.0) is None


def test_what_is_remembered_is_bounded() -> None:
    known = answered()
    for number in range(MAX_PATHS + 1):
        known.take(changed(f"f{number}"))
    assert known.at_most(110.0) is None


def test_what_more_paths_keep_fewer_keep() -> None:
    random = Random(17)
    limits = Config().rules_for("w").limits() | {"uncommitted_files": 5, "uncommitted_minutes": 10}
    kept = 0
    for _ in range(2000):
        paths = [f"f{number}" for number in range(random.randrange(10))]
        since = {path: random.uniform(0, 700) for path in paths if random.random() < 0.5}
        more = Tree(now=1000.0, uncommitted=frozenset(paths), uncommitted_since=since)
        fewer = Tree(
            now=1000.0,
            uncommitted=frozenset(random.sample(paths, random.randint(0, len(paths)))),
            uncommitted_since=since,
        )
        if are_kept(WORKSPACE_RULES, limits, more):
            kept += 1
            assert are_kept(WORKSPACE_RULES, limits, fewer)
    assert 0 < kept < 2000


def test_an_unknown_tree_is_not_kept() -> None:
    assert not are_kept(WORKSPACE_RULES, Config().rules_for("w").limits(), Tree(now=1.0))
