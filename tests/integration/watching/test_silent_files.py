"""Files of git's that never answer, where only libgit2 goes: the watcher ends the wait, says so, and watches on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.watching.watcher_rig import WatcherRig
from tests.support import Repository

Watch = Callable[..., WatcherRig]


def loose_objects(repository: Repository) -> None:
    for path in (repository.path / ".git/objects").glob("??/*"):
        path.unlink()
        os.mkfifo(path)


def included_configuration(repository: Repository) -> None:
    os.mkfifo(repository.path.parent / "fifo")
    repository.git("config", "include.path", str(repository.path.parent / "fifo"))


def borrowed_objects(repository: Repository) -> None:
    """The repository that it borrows from borrows from a FIFO."""
    other = repository.path.parent / "other"
    (other / "info").mkdir(parents=True)
    os.mkfifo(other / "info/alternates")
    info = repository.path / ".git/objects/info"
    info.mkdir(exist_ok=True)
    (info / "alternates").write_text(f"{other}\n")


@pytest.mark.parametrize("plant", [loose_objects, included_configuration, borrowed_objects])
@pytest.mark.parametrize("meanwhile", [True, False])
def test_a_file_that_never_answers_leaves_the_others_watched(
    watch: Watch, repository: Repository, plant: Callable[[Repository], None], meanwhile: bool
) -> None:
    if not meanwhile:
        plant(repository)
    rig = watch(repository.path)
    if meanwhile:
        plant(repository)
    repository.write("README.md", "hello again\n")
    repository.write("new.py", "one\ntwo\n")
    received = rig.settle()
    changes = {(change.operation, change.path, change.added) for change in received.changes}
    assert ("created", "new.py", 2) in changes
    assert ("modified", "README.md") in {change[:2] for change in changes}


def test_objects_that_never_answer_are_said_and_not_asked_again(watch: Watch, repository: Repository) -> None:
    for number in range(30):
        repository.write(f"{number}.py", f"one = {number}\n")
    repository.commit("feat: some files")
    loose_objects(repository)
    rig = watch(repository.path)
    for number in range(30):
        repository.write(f"{number}.py", f"two = {number}\n")
    unmeasured = [change for change in rig.settle().changes if change.unmeasured]
    assert len(unmeasured) == 30, "of each of them nothing is known"
    rig.wait_for(lambda rig: rig.state.get("state") == "degraded")
    assert "one does not answer" in rig.state["detail"]


def test_many_references_take_no_memory(watch: Watch, repository: Repository) -> None:
    """libgit2 keeps every one that is packed."""
    commit_id = repository.git("rev-parse", "HEAD")
    with (repository.path / ".git/packed-refs").open("w") as file:
        file.write("# pack-refs with: peeled fully-peeled sorted \n")
        file.writelines(f"{commit_id} refs/heads/x{number:08}\n" for number in range(1_500_000))
        file.write(f"{commit_id} refs/heads/y\n")
    repository.git("symbolic-ref", "HEAD", "refs/heads/y")
    rig = watch(repository.path)
    repository.write("README.md", "hello again\nand again\n")
    assert rig.settle().brief() == [("modified", "README.md", 2, 1)]
    repository.git("reset", "-q", "--hard")
    assert rig.settle().discards == {"reset": (1, 3)}
    assert rig.process is not None
    peak = Path(f"/proc/{rig.process.pid}/status").read_text().partition("VmHWM:")[2].split()[0]
    assert int(peak) < 64 << 10, f"{peak} KiB for 90 MB of references"
