"""Who made a commit, by the moves of HEAD that the kernel names: proved, or nobody."""

from __future__ import annotations

import pytest

from obsd.sources.head_movers import HeadMovers, LoggedCommit, Move, Mover, who_made

GEMINI = Move(10.2, 71, "gemini-cli", "s1")
AGAIN = Move(10.4, 72, "gemini-cli", "s2")
PERSON = Move(10.6, 81, "person")
CRON = Move(10.8, 91, "unknown")


@pytest.mark.parametrize(
    ("moves", "mover"),
    [
        ([GEMINI], Mover("gemini-cli", "s1")),
        ([GEMINI, AGAIN], Mover("gemini-cli")),
        ([PERSON], Mover("person")),
        ([GEMINI, PERSON], None),
        ([GEMINI, CRON], None),
        ([CRON], None),
        ([], None),
        # What was told before the second of the commit began is of an earlier one.
        ([Move(9.9, 81, "person"), GEMINI], Mover("gemini-cli", "s1")),
    ],
)
def test_a_commit_without_a_report(moves: list[Move], mover: Mover | None) -> None:
    assert who_made(moves, {"a": LoggedCommit(10.0)}).get("a") == mover


def test_a_report_names_the_git_that_moved_head() -> None:
    commits = {"a": LoggedCommit(10.0, (71, 70)), "b": LoggedCommit(10.0, (81, 80)), "c": LoggedCommit(10.0, (91,))}
    assert who_made([GEMINI, PERSON, CRON], commits) == {"a": Mover("gemini-cli", "s1"), "b": Mover("person")}


def test_the_nearest_ancestor_that_moved_head_counts() -> None:
    agent = Move(10.1, 70, "codex")
    assert who_made([agent, GEMINI], {"a": LoggedCommit(10.0, (71, 70))}) == {"a": Mover("gemini-cli", "s1")}


def test_a_commit_whose_git_was_not_seen_is_nobodys() -> None:
    assert who_made([PERSON], {"a": LoggedCommit(10.0, (55, 54))}) == {}


def test_gits_that_report_made_no_other_commit() -> None:
    commits = {"reported": LoggedCommit(10.0, (81,)), "silent": LoggedCommit(10.0)}
    assert who_made([GEMINI, PERSON], commits) == {
        "reported": Mover("person"),
        "silent": Mover("gemini-cli", "s1"),
    }


def test_what_may_have_gone_unseen_proves_nobody() -> None:
    movers = HeadMovers()
    movers.unseen(["w"], 10.1)
    movers.moved("w", GEMINI)
    assert who_made(movers.of("w"), {"a": LoggedCommit(10.0)}) == {}
    # A commit of a later second is none of those; nor is any once the log was read.
    assert who_made(movers.of("w"), {"a": LoggedCommit(10.15)}) == {"a": Mover("gemini-cli", "s1")}
    movers.explained("w", movers.of("w"))
    movers.moved("w", AGAIN)
    assert who_made(movers.of("w"), {"a": LoggedCommit(10.0)}) == {"a": Mover("gemini-cli", "s2")}


def test_moves_are_explained_by_the_log_that_was_read_after_them() -> None:
    movers = HeadMovers()
    movers.moved("w", GEMINI)
    told = movers.of("w")
    movers.moved("w", PERSON)
    movers.moved("other", PERSON)
    movers.explained("w", told)
    assert movers.of("w") == (PERSON,)
    movers.forget("w")
    assert (movers.of("w"), movers.of("other")) == ((), (PERSON,))


def test_more_moves_than_are_kept_leave_a_gap() -> None:
    movers = HeadMovers()
    for number in range(600):
        movers.moved("w", Move(10.0 + number / 1000, 100 + number, "codex"))
    assert len(movers.of("w")) <= 500
    assert who_made(movers.of("w"), {"a": LoggedCommit(10.0)}) == {}
