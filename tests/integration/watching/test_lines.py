"""Lines added and removed by a change equal `git diff --no-index --numstat` between the two looks."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from obsd.git.line_diff import content_id
from tests.integration.watching.watcher_rig import Change, WatcherRig
from tests.support import Repository, clean_environment

Watch = Callable[..., WatcherRig]

CONTENTS: dict[str, bytes] = {
    "empty": b"",
    "newline": b"\n",
    "newlines": b"\n\n\n",
    "unfinished": b"one",
    "finished": b"one\n",
    "two": b"one\ntwo\n",
    "two unfinished": b"one\ntwo",
    "crlf": b"one\r\ntwo\r\n",
    "cr": b"one\rtwo\r",
    "latin-1": "grüße\nécole\n".encode("latin-1"),
    "utf-8": "grüße\nécole\n𝄞\n".encode(),
    "utf-16": "one\ntwo\n".encode("utf-16"),
    "shift-jis": "日本\n語\n".encode("shift-jis"),
    "late nul": b"x\n" * 4000 + b"\0\nend\n",
    "early nul": b"x\n" * 3999 + b"\0\nend\n",
    "long line": b"y" * 100_000 + b"\n",
    "grown": b"".join(b"line %d\n" % number for number in range(500)),
    "shuffled": b"".join(b"line %d\n" % (number * 7 % 500) for number in range(500)),
    "repeated": b"{\n}\n" * 300,
    "repeated otherwise": b"}\n{\n" * 290,
}


def numstat(scratch: Path, old: bytes, new: bytes) -> tuple[int, int] | None:
    """What git counts; None for binary."""
    (scratch / "old").write_bytes(old)
    (scratch / "new").write_bytes(new)
    command = ["git", "diff", "--no-index", "--numstat", "--no-ext-diff", "old", "new"]
    result = subprocess.run(command, cwd=scratch, env=clean_environment(scratch), capture_output=True, check=False)
    if not result.stdout:
        return 0, 0
    added, removed, _ = result.stdout.split(b"\t", 2)
    return None if added == b"-" else (int(added), int(removed))


def counted(change: Change) -> tuple[int, int] | None:
    """The change's lines; None for binary."""
    if change.added is None or change.removed is None:
        assert change.unmeasured == "binary"
        return None
    return change.added, change.removed


def test_from_every_content_to_every_other(watch: Watch, folder: Path, short_tmp: Path) -> None:
    scratch = short_tmp / "diff"
    scratch.mkdir()
    pairs = [(old, new) for old in CONTENTS for new in CONTENTS if old != new]
    for number, (old, _) in enumerate(pairs):
        (folder / f"{number}.txt").write_bytes(CONTENTS[old])
    rig = watch(folder)
    for number, (_, new) in enumerate(pairs):
        (folder / f"{number}.txt").write_bytes(CONTENTS[new])
    found = {change.path: counted(change) for change in rig.settle().changes}
    assert len(found) == len(pairs)
    wrong = {
        (old, new): (found[f"{number}.txt"], expected)
        for number, (old, new) in enumerate(pairs)
        if found[f"{number}.txt"] != (expected := numstat(scratch, CONTENTS[old], CONTENTS[new]))
    }
    assert not wrong


def test_created_and_deleted_files_count_all_their_lines(watch: Watch, folder: Path) -> None:
    rig = watch(folder)
    for name, data in CONTENTS.items():
        (folder / name).write_bytes(data)
    created = {change.path: counted(change) for change in rig.settle().changes}
    for name in CONTENTS:
        (folder / name).unlink()
    deleted = {change.path: counted(change) for change in rig.settle().changes}
    for name, data in CONTENTS.items():
        lines = None if b"\0" in data[:8000] else data.count(b"\n") + (data[-1:] not in (b"\n", b""))
        assert created[name] == (None if lines is None else (lines, 0)), name
        assert deleted[name] == (None if lines is None else (0, lines)), name


def test_random_edits(watch: Watch, folder: Path, short_tmp: Path) -> None:
    scratch = short_tmp / "diff"
    scratch.mkdir()
    chance = random.Random(7)
    path = folder / "a"
    old = b"".join(b"%d\n" % chance.randrange(20) for _ in range(200))
    path.write_bytes(old)
    rig = watch(folder)
    for _ in range(25):
        lines = old.splitlines(keepends=True)
        for _ in range(chance.randrange(1, 30)):
            at = chance.randrange(len(lines) + 1)
            lines[at : at + chance.randrange(3)] = [b"%d\n" % chance.randrange(20)] * chance.randrange(3)
        new = b"".join(lines)
        if new != old:
            path.write_bytes(new)
            (change,) = rig.settle().changes
            assert counted(change) == numstat(scratch, old, new)
        old = new


def test_what_is_too_large_counts_without_lines(watch: Watch, folder: Path) -> None:
    (folder / "shrinks").write_bytes(b"x\n" * 600)
    (folder / "grows").write_bytes(b"x\n" * 10)
    (folder / "goes").write_bytes(b"x\n" * 600)
    rig = watch(folder, max_measured_bytes=1000)
    (folder / "shrinks").write_bytes(b"x\n" * 10)
    (folder / "grows").write_bytes(b"x\n" * 600)
    (folder / "goes").unlink()
    (folder / "comes").write_bytes(b"x\n" * 600)
    received = rig.settle()
    assert {change.unmeasured for change in received.changes} == {"too_large"}
    assert received.operations() == {"modified": 2, "deleted": 1, "created": 1}
    (folder / "comes").write_bytes(b"y\n" * 600)
    (folder / "grows").touch()
    assert [(change.path, change.unmeasured) for change in rig.settle().changes] == [("comes", "too_large")]
    (folder / "shrinks").write_bytes(b"x\n" * 11)
    assert rig.settle().brief() == [("modified", "shrinks", 1, 0)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_counts_without_lines(watch: Watch, folder: Path) -> None:
    path = folder / "secret"
    path.write_text("one\n")
    rig = watch(folder)
    path.chmod(0o200)
    path.write_text("one\ntwo\n")
    assert [(change.operation, change.unmeasured) for change in rig.settle().changes] == [("modified", "unreadable")]
    path.chmod(0o600)
    assert rig.settle().brief() == []


def test_the_least_recently_used_baseline_goes_first(watch: Watch, folder: Path) -> None:
    rig = watch(folder, baseline_bytes=10_000)
    for number in range(20):
        (folder / f"{number:02}").write_text(f"{number}\n" * 300)
        rig.settle()
    for name in ("19", "00"):
        with (folder / name).open("a") as file:
            file.write("more\n")
        (change,) = rig.settle().changes
        assert change.unmeasured == ("no_baseline" if name == "00" else "")
    with (folder / "00").open("a") as file:  # its content is remembered again
        file.write("more\n")
    assert rig.settle().brief() == [("modified", "00", 1, 0)]


def test_files_changed_before_the_start_have_a_baseline(
    watch: Watch, make_repository: Callable[[str], Repository]
) -> None:
    repository = make_repository("repo")
    repository.write("clean", "one\n")
    repository.write("dirty", "one\n")
    repository.write("staged", "one\n")
    repository.commit("feat: begin")
    repository.write("dirty", "one\ntwo\n")
    repository.write("staged", "one\ntwo\n")
    repository.git("add", "staged")
    repository.write("staged", "one\ntwo\nthree\n")
    repository.write("untracked", "one\n")
    rig = watch(repository.path)
    for name in ("clean", "dirty", "staged", "untracked"):
        with (repository.path / name).open("a") as file:
            file.write("more\n")
    names = ("clean", "dirty", "staged", "untracked")
    assert rig.settle().brief() == [("modified", name, 1, 0) for name in names]


@pytest.mark.parametrize("setting", ["autocrlf", "attributes", "filter"])
def test_filters_between_disk_and_repository(
    watch: Watch, make_repository: Callable[[str], Repository], setting: str
) -> None:
    repository = make_repository("repo")
    if setting == "autocrlf":
        repository.git("config", "core.autocrlf", "true")
    elif setting == "attributes":
        repository.write(".gitattributes", "*.txt text eol=crlf\n")
    else:
        repository.git("config", "filter.lfs.clean", "tr a-z A-Z")
        repository.git("config", "filter.lfs.smudge", "tr A-Z a-z")
        repository.write(".gitattributes", "*.txt filter=lfs -text\n")
    end = "\n" if setting == "filter" else "\r\n"
    for name in ("a.txt", "b.txt", "sub/c.txt"):
        repository.write(name, "").write_bytes(f"one{end}two{end}".encode())
    repository.commit("feat: begin")
    repository.git("checkout", "-q", "-b", "side")
    repository.write("a.txt", "").write_bytes(f"one{end}2{end}".encode())
    repository.write("d.txt", "").write_bytes(f"new{end}".encode())
    repository.git("rm", "-q", "b.txt")
    repository.commit("feat: on the side")
    repository.git("checkout", "-q", "main")
    rig = watch(repository.path)
    repository.git("checkout", "-q", "side")
    received = rig.settle()
    assert received.brief() == []
    assert received.git == {"checkout": 3}
    for name in ("a.txt", "d.txt", "sub/c.txt"):
        with (repository.path / name).open("ab") as file:
            file.write(f"more{end}".encode())
    assert rig.settle().brief() == [("modified", name, 1, 0) for name in ("a.txt", "d.txt", "sub/c.txt")]
    repository.git("checkout", "-q", ".")
    received = rig.settle()
    assert received.brief() == []
    assert sum(received.git.values()) == 3


def test_a_change_says_where_lines_went_and_came(watch: Watch, folder: Path) -> None:
    (folder / "a.txt").write_bytes(b"one\ntwo\nthree\n")
    before = content_id(b"one\ntwo\nthree\n").hex()
    rig = watch(folder)
    (folder / "a.txt").write_bytes(b"one\n2\nthree\nfour\n")
    [change] = rig.settle().changes
    assert change.content_id == content_id(b"one\n2\nthree\nfour\n").hex()
    assert change.edit == [before, 4, [1, 1, 1, 3, 0, 1]]
