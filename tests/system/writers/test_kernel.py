"""What the kernel tells of writes, and what it does not: real processes, real queues, and their limits."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.writers.rig import Agent, ReaderRig, agents

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="handing over fanotify groups needs root")

MANY = 1_000


def test_the_child_that_writes_counts_and_not_the_parent_that_closes(
    reader: ReaderRig, work: Path, place: Path
) -> None:
    with (work / "f").open("wb") as file:
        reader.settle()
        claude = Agent("claude", place, pass_fds=[file.fileno()])
        claude.run(f"os.write({file.fileno()}, b'x'); os.close({file.fileno()})")
        claude.stop()
    assert agents(reader.settle(), "f") == {"claude-code"}


def test_what_is_written_through_a_mapping_is_known_when_it_is_closed(
    reader: ReaderRig, work: Path, claude: Agent
) -> None:
    (work / "f").write_bytes(b"x" * 100)
    reader.settle()
    claude.run(f"f = open('{work}/f', 'r+b'); m = mmap.mmap(f.fileno(), 0); m[0:1] = b'y'; m.close(); f.close()")
    [seen] = [one for one in reader.settle() if one.name == "f"]
    assert (seen.agent, seen.operations) == ("claude-code", frozenset({"closed"}))


def test_files_in_a_folder_that_was_just_made_have_an_author(reader: ReaderRig, work: Path, claude: Agent) -> None:
    for number in range(20):
        claude.run(f"os.makedirs('{work}/n{number}/a/b'); open('{work}/n{number}/a/b/f{number}', 'w').write('x')")
    seen = reader.settle()
    for number in range(20):
        assert agents(seen, f"f{number}") == {"claude-code"}


def test_a_thousand_short_lived_writers_are_all_traced(reader: ReaderRig, work: Path, claude: Agent) -> None:
    loop = f"i=0; while [ $i -lt {MANY} ]; do cp /dev/null {work}/f$i; i=$((i+1)); done"
    claude.shell(loop)
    seen = reader.settle()
    found = {one.name: one.agent for one in seen}
    assert len(found) == MANY
    assert set(found.values()) == {"claude-code"}
    assert {one.program for one in seen} <= {"cp", ""}
    assert reader.lost == []


def test_numbers_that_are_used_again_make_no_wrong_author(
    reader: ReaderRig, work: Path, claude: Agent, small_numbers: None
) -> None:
    # The same few hundred process ids go around between an agent's writers and nobody's.
    for _ in range(12):
        claude.shell(f"i=0; while [ $i -lt 40 ]; do cp /dev/null {work}/agent$i; i=$((i+1)); done")
        subprocess.run(
            ["sh", "-c", f"i=0; while [ $i -lt 40 ]; do cp /dev/null {work}/other$i; i=$((i+1)); done"], check=True
        )
    seen = reader.settle()
    assert {one.agent for one in seen if one.name.startswith("other")} == {"unknown"}
    assert {one.agent for one in seen if one.name.startswith("agent")} <= {"claude-code", "unknown"}
    assert "claude-code" in {one.agent for one in seen if one.name.startswith("agent")}


@pytest.fixture
def small_numbers() -> Iterator[None]:
    """Process ids that come again within some hundred forks."""
    limit = Path("/proc/sys/kernel/pid_max")
    before = limit.read_text()
    highest = max(int(path.name) for path in Path("/proc").glob("[0-9]*"))
    limit.write_text(str(max(highest + 300, 1_000)))
    yield
    limit.write_text(before)


def test_what_was_lost_is_said(reader: ReaderRig, work: Path) -> None:
    os.kill(reader.process.pid, signal.SIGSTOP)
    limit = int(Path("/proc/sys/fs/fanotify/max_queued_events").read_text())
    try:
        for number in range(limit + 1_000):
            (work / f"f{number}").touch()
    finally:
        os.kill(reader.process.pid, signal.SIGCONT)
    reader.settle()
    [lost] = reader.lost
    assert lost.since < lost.until
    (work / "after").touch()
    assert agents(reader.settle(), "after") == {"unknown"}


def test_a_reader_without_descriptors_left_names_nobody_wrongly(
    make_reader: Callable[..., ReaderRig], work: Path, claude: Agent
) -> None:
    reader = make_reader(prefix=["prlimit", "--nofile=20:20"]).add(work)
    claude.shell(f"i=0; while [ $i -lt 200 ]; do cp /dev/null {work}/f$i; i=$((i+1)); done")
    subprocess.run(["sh", "-c", f"echo x > {work}/other"], check=True)
    seen = reader.settle()
    assert {one.agent for one in seen if one.name != "other"} <= {"claude-code", "unknown"}
    assert agents(seen, "other") == {"unknown"}


def test_a_folder_that_is_moved_or_ignored_is_told_no_longer(reader: ReaderRig, work: Path) -> None:
    (work / "a").mkdir()
    (work / "a" / "f").touch()
    reader.settle()
    (work / "a").rename(work.parent / "outside")
    (work.parent / "outside" / "g").touch()
    assert agents(reader.settle(), "g") == set()
    reader.send("remove", [str(work)])
    (work / "h").touch()
    assert reader.settle() == []


def test_a_folder_that_is_closed_to_the_user_stays_closed(make_reader: Callable[..., ReaderRig], place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    reader = make_reader().add(closed)
    (closed / "secret").touch()
    assert reader.settle() == []
    assert reader.state["directories"] == 0
