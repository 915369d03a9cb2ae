"""Which names are temporary, and how long the doubtful ones wait."""

from __future__ import annotations

import pytest

from obsd.watcher.temporary_names import HIDDEN, HOLD_SECONDS, SHORT_HOLD_SECONDS, Provisional, hold_seconds


@pytest.mark.parametrize(
    "name",
    [
        "prog.py.tmp.4711.0123456789ab",
        "package.json.tmp.4711",
        ".prog.py.0123456789ab.tmp",
        ".syncthing.prog.py.tmp",
        "~syncthing~prog.py.tmp",
        "prog_BACKUP_4711.py",
        "prog_REMOTE_4711",
        ".~note.ipynb",
        "~$letter.docx",
        "prog.py~",
        ".prog.py.swp",
        ".#prog.py",
        ".nfs00000000012345678",
    ],
)
def test_unmistakable_names(name: str) -> None:
    assert HIDDEN.fullmatch(name)


@pytest.mark.parametrize("name", ["prog.py", "a.tmp.txt", "BACKUP_1", "tmp", "x.tmp", ".env.sample", "f-1.2.3.tar.gz"])
def test_names_that_are_seen(name: str) -> None:
    assert not HIDDEN.fullmatch(name)


@pytest.mark.parametrize(
    "name",
    [
        "prog.py.tmp",
        "tmpab12cd_8",
        "prog.py.new",
        "prog.py.2843920113",
        ".prog.py.Xa12Bc",
        ".prog.py.qwerty",
        "prog.py-9f8e7d6c",
        "prog.py.part",
        ".hidden.rc.q1W2e3",
        "..hidden.rc.qwerty",
    ],
)
def test_names_that_may_be_temporary(name: str) -> None:
    assert hold_seconds(name, {"prog.py", ".hidden.rc"}.__contains__) == HOLD_SECONDS


@pytest.mark.parametrize(
    "name",
    [
        "prog.py~RF1234.TMP",
        ".tmp-prog.py-12345",
        "_prog.py",
        "~prog.py.x",
        "prog.py.download",
        ".prog.py.abcde.swap",
        "prog.py.md",
        ".env.sample",
    ],
)
def test_names_that_contain_anothers(name: str) -> None:
    assert hold_seconds(name, {"prog.py", ".env"}.__contains__) == SHORT_HOLD_SECONDS


@pytest.mark.parametrize(
    "name", ["prog_test.py", "test_prog.py", "test-prog.py", "prog.pyi", "other.py.2843920113", "prog", "e.env", "x"]
)
def test_names_that_stay(name: str) -> None:
    assert not hold_seconds(name, {"prog.py", ".env"}.__contains__)


def test_a_doubtful_file_counts_when_it_has_been_quiet() -> None:
    held = Provisional()
    for path, now in (("a", 10.0), ("b", 11.0), ("a", 12.0)):
        assert held.hold(path, now, HOLD_SECONDS)
    assert held.hold("c", 12.0, SHORT_HOLD_SECONDS)
    assert held.deadline() == 12.0 + SHORT_HOLD_SECONDS
    assert held.stayed(12.0 + SHORT_HOLD_SECONDS) == ["c"]
    assert held.deadline() == 11.0 + HOLD_SECONDS
    assert held.stayed(11.0 + HOLD_SECONDS) == ["b"]
    assert not held.hold("b", 30.0, HOLD_SECONDS)
    held.gone("b")
    assert held.hold("b", 30.0, HOLD_SECONDS)
    assert held.stayed(30.0) == ["a"]
