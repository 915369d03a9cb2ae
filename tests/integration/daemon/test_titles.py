"""What `ps` shows for the daemon's processes: which watcher serves which workspace."""

from __future__ import annotations

from pathlib import Path

from obsd.agents.presence import agent_of
from obsd.agents.table import AgentTable
from tests.chaos.arena import children
from tests.support import Daemon, Repository, wait_until


def title(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0")


def titles(daemon: Daemon, name: str) -> list[str]:
    return sorted(title(pid) for pid in children(daemon.pid, name))


def test_ps_names_the_workspace_of_each_watcher(obsd_daemon: Daemon, tmp_path: Path) -> None:
    for name in ("shop", "claude"):
        (tmp_path / name).mkdir()
        obsd_daemon.add(tmp_path / name, name)
    assert titles(obsd_daemon, "obsd-watcher") == ["obsd-watcher [claude]", "obsd-watcher [shop]"]
    assert titles(obsd_daemon, "obsd-forkserver") == ["obsd-forkserver"]


def test_a_workspace_with_the_name_of_an_agent_is_none(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "claude")
    wait_until(lambda: set(titles(obsd_daemon, "obsd-reader")) == {"obsd-reader"}, "a reader with its title")
    [watcher] = children(obsd_daemon.pid, "obsd-watcher")
    assert agent_of(AgentTable.build(), watcher) == ""
