"""A repository that is broken or hostile harms itself alone, and says so: the others are served as if nothing were."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import Daemon, Repository, wait_until

DATA = Path(__file__).parent.parent.parent / "data"

Make = Callable[[str], Repository]


def warned(daemon: Daemon, workspace: str, code: str = "repository_unreadable") -> dict[str, Any] | None:
    held = daemon.json("status")["warnings"]
    return next((one for one in held if one["code"] == code and one.get("workspace") == workspace), None)


def append(log: Path, new_id: str) -> None:
    """A line as git writes it for a commit."""
    last = log.read_text().splitlines()[-1].split()[1]
    with log.open("a") as file:
        file.write(f"{last} {new_id} Eve <eve@example.org> {int(time.time())} +0000\tcommit: something\n")


def block(repository: Repository, name: str) -> Path:
    place = repository.path / name
    place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(place)
    return place


@pytest.mark.parametrize("name", [".git/config", ".git/index", ".git/objects/info/alternates", ".git/shallow"])
def test_a_file_that_never_answers_holds_up_nobody_else(obsd_daemon: Daemon, make_repository: Make, name: str) -> None:
    good, evil = make_repository("good"), make_repository("evil")
    evil.commit("chore: begin")
    obsd_daemon.add(good.path, "good")
    obsd_daemon.add(evil.path, "evil", "--no-hooks")
    block(evil, name)
    append(evil.path / ".git/logs/HEAD", "b" * 40)
    warning = wait_until(lambda: warned(obsd_daemon, "evil"), "a warning")
    assert f"{Path(name).name} is a FIFO" in warning["text"]
    good.commit("feat: one that counts")
    obsd_daemon.wait_for("git_commits_total", 1, workspace="good")
    obsd_daemon.wait_for("git_commits_total", 1, workspace="evil")
    assert warned(obsd_daemon, "good") is None
    obsd_daemon.restart()
    assert obsd_daemon.scrape().sum("git_commits_total", workspace="good") == 1
    assert obsd_daemon.stop() == 0


def test_two_logs_that_never_answer_do_not_end_the_counting(obsd_daemon: Daemon, make_repository: Make) -> None:
    good = make_repository("good")
    obsd_daemon.add(good.path, "good")
    for name in ("one", "two"):
        evil = make_repository(name)
        evil.commit("chore: begin")
        block(evil, ".git/logs/HEAD")
        obsd_daemon.add(evil.path, name, "--no-hooks")
    good.commit("feat: one that counts")
    obsd_daemon.wait_for("git_commits_total", 1, workspace="good")
    for name in ("one", "two"):
        wait_until(lambda name=name: warned(obsd_daemon, name), "a warning")  # type: ignore[misc]


def test_a_damaged_pack_index_is_survived_and_its_commits_count(obsd_daemon: Daemon, make_repository: Make) -> None:
    """libgit2 1.5 to 1.9 crash on this one; git reports an error."""
    good = make_repository("good")
    folder = obsd_daemon.home / "broken"
    folder.mkdir()
    subprocess.run(["tar", "-xzf", str(DATA / "damaged-pack-index.tgz"), "-C", str(folder)], check=True)
    repository = folder / "repo"
    obsd_daemon.add(good.path, "good")
    obsd_daemon.add(repository, "evil", "--no-hooks")
    [index] = (repository / ".git/objects/pack").glob("*.idx")
    index.chmod(0o644)
    shutil.copyfile(folder / "damaged.idx", index)
    log = repository / ".git/logs/HEAD"
    known = [line.split()[1] for line in log.read_text().splitlines()]
    pid = obsd_daemon.pid
    for commit_id in reversed(known[-5:]):
        append(log, commit_id)
    good.commit("feat: one that counts")
    obsd_daemon.wait_for("git_commits_total", 1, workspace="good")
    wait_until(lambda: warned(obsd_daemon, "evil"), "a warning")
    assert obsd_daemon.pid == pid
    obsd_daemon.restart()
    assert obsd_daemon.scrape().sum("git_commits_total", workspace="good") == 1


def test_a_log_of_a_hundred_thousand_moves_counts_from_now_on(obsd_daemon: Daemon, make_repository: Make) -> None:
    repository = make_repository("old")
    first = repository.commit("chore: begin")
    log = repository.path / ".git/logs/HEAD"
    line = f"{first} {first} Ada <ada@example.org> 1700000000 +0000\tcommit: one of many\n"
    log.write_text(line * 100_000)
    obsd_daemon.add(repository.path, "old", "--no-hooks")
    repository.commit("feat: one that counts")
    obsd_daemon.wait_for("git_commits_total", 1, workspace="old")


@pytest.mark.parametrize("kind", ["a FIFO", "3 GB"])
def test_a_configuration_that_includes_anything_harms_its_repository_alone(
    obsd_daemon: Daemon, make_repository: Make, kind: str
) -> None:
    good, evil = make_repository("good"), make_repository("evil")
    evil.commit("chore: begin")
    included = evil.path.parent / "included"
    if kind == "a FIFO":
        os.mkfifo(included)
    else:
        included.touch()
        os.truncate(included, 3 << 30)
    with (evil.path / ".git/config").open("a") as file:
        file.write(f"[include]\n\tpath = {included}\n")
    obsd_daemon.add(good.path, "good")
    obsd_daemon.add(evil.path, "evil", "--no-hooks")
    evil.write("new.py", "one\n")
    append(evil.path / ".git/logs/HEAD", "b" * 40)
    good.commit("feat: one that counts")
    obsd_daemon.wait_for("git_commits_total", 1, workspace="good")
    obsd_daemon.wait_for("copilot_files_modified_total", 1, workspace="evil", operation="created")
    wait_until(lambda: warned(obsd_daemon, "evil"), "a warning")
    assert obsd_daemon.obsctl("remove-workspace", "evil").code == 0
    assert "Traceback" not in obsd_daemon.log
    assert "the log before it was watched failed" not in obsd_daemon.log, "the warning says it"
    assert obsd_daemon.stop() == 0
