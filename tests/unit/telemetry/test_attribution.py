"""Which workspace an agent's own session belongs to: each kind of evidence, by real processes."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from obsd.agents.table import AgentTable
from obsd.telemetry.attribution import Joined, Joining
from obsd.telemetry.peers import Peer
from obsd.telemetry.senders import Sender
from obsd.workspaces.workspace import Workspace
from tests.support import wait_until

NOBODY = Peer()
UNJOINED = Joined("", "none", 100.0, 100.0)
Run = Callable[[str, Path], int]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Starts a sleeping program of a name in a folder; returns its process id."""
    with ExitStack() as stack:

        def one(name: str, folder: Path) -> int:
            program = tmp_path / "bin" / name
            program.parent.mkdir(exist_ok=True)
            if not program.exists():
                shutil.copy(shutil.which("sleep") or "", program)
            process = subprocess.Popen([str(program), "600"], cwd=folder)
            stack.callback(process.wait)
            stack.callback(process.kill)
            wait_until(lambda: Path(f"/proc/{process.pid}/exe").resolve().name == name)
            return process.pid

        yield one


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    made = {name: tmp_path / name for name in ("shop", "shop/inner", "blog", "elsewhere")}
    for folder in made.values():
        folder.mkdir()
    return made


@pytest.fixture
def joining(folders: dict[str, Path]) -> Joining:
    workspaces = [Workspace(name, str(folders[name]), 1.0) for name in ("shop", "shop/inner", "blog")]
    return Joining(lambda: workspaces, AgentTable.build())


def join(joining: Joining, sender: Sender, peer: Peer = NOBODY, known: Joined = UNJOINED) -> tuple[str, str]:
    joined = asyncio.run(joining.join(known, sender, peer))
    return joined.workspace, joined.joined_by


def test_the_sending_process_tells_the_innermost_workspace(joining: Joining, folders: dict[str, Path]) -> None:
    peer = Peer(1, str(folders["shop/inner"]))
    assert join(joining, Sender("codex", "s"), peer) == ("shop/inner", "connection")


def test_a_process_outside_of_all_workspaces_tells_nothing(joining: Joining, folders: dict[str, Path]) -> None:
    assert join(joining, Sender("jules", "s"), Peer(1, str(folders["elsewhere"]))) == ("", "none")


def test_the_process_that_telemetry_names(joining: Joining, folders: dict[str, Path], run: Run) -> None:
    pid = run("worker", folders["blog"])
    assert join(joining, Sender("gemini-cli", "s", pid)) == ("blog", "process")


def test_the_connection_is_better_than_the_named_process(joining: Joining, folders: dict[str, Path], run: Run) -> None:
    pid = run("worker", folders["blog"])
    assert join(joining, Sender("gemini-cli", "s", pid), Peer(1, str(folders["shop"]))) == (
        "shop",
        "connection",
    )


def test_the_only_agent_of_the_kind_that_is_present(joining: Joining, folders: dict[str, Path], run: Run) -> None:
    run("droid", folders["shop"])
    assert join(joining, Sender("factory-droid", "s")) == ("shop", "presence")


def test_an_agent_of_another_kind_is_no_evidence(joining: Joining, folders: dict[str, Path], run: Run) -> None:
    run("droid", folders["shop"])
    assert join(joining, Sender("devin", "s")) == ("", "none")


def test_the_same_agent_in_two_workspaces_is_no_evidence(joining: Joining, folders: dict[str, Path], run: Run) -> None:
    run("droid", folders["shop"])
    run("droid", folders["blog"])
    assert join(joining, Sender("factory-droid", "s")) == ("", "none")


def test_what_a_hook_told_stays(joining: Joining, folders: dict[str, Path]) -> None:
    known = Joined("blog", "environment", 1.0, 2.0)
    assert join(joining, Sender("codex", "s"), Peer(1, str(folders["shop"])), known) == (
        "blog",
        "environment",
    )


def test_a_session_of_a_workspace_that_is_gone_belongs_to_none(joining: Joining) -> None:
    joining.put(("codex", "s"), Joined("blog", "environment", 1.0, 2.0))
    joining.forget_workspace("blog")
    assert joining.get(("codex", "s")) == Joined("", "none", 1.0, 2.0)
