"""A scan of all processes of the machine: which agents are at work in which workspaces now.

Owns reading /proc and the memory of identified processes, so that a scan costs little: one readlink for every process,
and more only for new ones in a workspace. Blocks for some milliseconds: one worker thread at a time. Editors
are not agents; only what the table names counts.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import psutil

from obsd.agents import evidence, presence
from obsd.agents.table import AI_AGENT, AgentTable
from obsd.host import namespaces

_REAPERS = frozenset({"systemd", "init", "tini", "dumb-init", "docker-init", "catatonit"})
"""Parents of processes that outlived their starter (with process 1): their environment is of the past."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The result of a scan: the agents of each folder, in order of their ids."""

    agents: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class _Known:
    identity: bytes
    agent: str
    scanned: int = 0


class Scanner:
    """Scans with one table of agents."""

    def __init__(self, table: AgentTable) -> None:
        self._table = table
        self._known: dict[int, _Known] = {}
        self._owner_of: dict[str, int] = {}
        self._scans = 0
        by_process = {agent.id for agent in table.agents if agent.processes or agent.argv}
        self._by_process = frozenset(by_process)
        self._variables = frozenset(name for agent in table.agents for name, _ in agent.env) | {AI_AGENT}

    def scan(self, folders: Collection[str], others: Collection[str] = ()) -> Seen:
        """Returns the agents in each of `folders`; a process in one of `others` inside a folder does not count."""
        places = {os.path.normpath(folder) for folder in (*folders, *others)}
        wanted = {os.path.normpath(folder): folder for folder in folders}
        found: dict[str, set[str]] = {folder: set() for folder in folders}
        owners: dict[str, str | None] = {}
        self._scans += 1
        for pid in psutil.pids():
            cwd = _working_folder(pid)
            if cwd is None:
                continue
            if cwd not in owners:
                owners[cwd] = _owner(cwd, places)
            folder = wanted.get(owners[cwd] or "")
            if folder is not None and (agent := self._agent(pid, folder)):
                found[folder].add(agent)
        self._known = {pid: known for pid, known in self._known.items() if known.scanned == self._scans}
        return Seen({folder: tuple(sorted(agents)) for folder, agents in found.items()})

    def blind_spots(self, folder: str) -> str:
        """Returns why agents at work in a folder may not be visible; empty: they are.

        Asks the folder's disk, and keeps whose it is: scans do not ask it again. Its own worker thread.
        """
        try:
            status = os.stat(folder)
        except OSError:
            return ""
        self._owner_of[folder] = status.st_uid
        if os.geteuid() not in (0, status.st_uid):
            return "it belongs to another user, whose processes cannot be read"
        if not os.access("/proc/1/stat", os.R_OK):
            return "/proc hides the processes of other users (hidepid), or is not mounted"
        if not namespaces.all_processes_seen() and status.st_dev != os.stat("/").st_dev:
            return "it comes from outside the container in which obsd runs, and processes out there are not visible"
        return ""

    def _agent(self, pid: int, folder: str) -> str:
        identity = _identity(pid)
        known = self._known.get(pid)
        if known is None or known.identity != identity:
            known = _Known(identity, self._identify(pid, folder))
            self._known[pid] = known
        known.scanned = self._scans
        return known.agent

    def _identify(self, pid: int, folder: str) -> str:
        try:
            process = psutil.Process(pid)
            with process.oneshot():
                return self._named(process, process.name(), folder)
        except (psutil.Error, OSError):
            return ""

    def _named(self, process: psutil.Process, name: str, folder: str) -> str:
        if folder not in self._owner_of:
            self._owner_of[folder] = os.stat(folder).st_uid
        if process.uids().effective not in (os.geteuid(), self._owner_of[folder]):
            return ""
        try:
            executable = str(process.exe())
        except (psutil.Error, OSError):
            executable = ""
        agent = presence.match(self._table, executable, name, process.cmdline())
        return agent or self._by_environment(process)

    def _by_environment(self, process: psutil.Process) -> str:
        """Returns the agent whose shell this is, for agents without a recognisable process of their own."""
        try:
            environment = process.environ()
        except (psutil.Error, OSError):
            return ""
        marks = {name: environment[name] for name in self._variables & environment.keys()}
        agent = evidence.by_environment(self._table, marks) if marks else ""
        if not agent or agent in self._by_process or _left_behind(process):
            return ""
        return agent


def _identity(pid: int) -> bytes:
    """Returns bytes that differ for another process with the same id, and after another execve(2).

    Its name, its start, and the address of its stack, which every execve(2) draws anew (proc_pid_stat(5), fields 2, 22
    and 28). Read here, because psutil takes five times as long, and every scan reads it.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            stat = file.read(4096)
    except OSError:
        return b""
    name, _, rest = stat.rpartition(b")")
    fields = rest.split(None, 26)
    return b" ".join((name, *fields[19:20], *fields[25:26]))


def _left_behind(process: psutil.Process) -> bool:
    parent = process.parent()
    return parent is None or parent.pid == 1 or parent.name() in _REAPERS


def _owner(path: str, places: Collection[str]) -> str | None:
    """Returns the innermost of `places` that contains a path, or None."""
    while path not in places:
        above = os.path.dirname(path)
        if above == path:
            return None
        path = above
    return path


def _working_folder(pid: int) -> str | None:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return None
