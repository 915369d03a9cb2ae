"""The agents at work in a folder now: processes of the same user that have it as working folder.

Owns the look at /proc, with psutil; nothing is kept between looks. Blocking for some milliseconds: worker threads.
Editors are not agents, and a person's shell below an agent is not a second one: only what the table names counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import psutil

from obsd.agents.table import Agent, AgentTable

_INTERPRETERS = ("node", "bun", "deno", "python")


def present(table: AgentTable, folder: str, others: Iterable[str] = ()) -> set[str]:
    """The ids of the agents whose processes work in `folder` or below it, but not in one of `others` inside it."""
    inner = [other for other in others if other != folder and inside(other, folder)]
    found = set()
    for pid in psutil.pids():
        cwd = _working_folder(pid)
        if cwd is None or not inside(cwd, folder) or any(inside(cwd, other) for other in inner):
            continue
        if agent := agent_of(table, pid):
            found.add(agent)
    return found


def only_one(agents: set[str]) -> str:
    """The agent when there is exactly one; empty otherwise: several are no evidence."""
    return next(iter(agents)) if len(agents) == 1 else ""


def among_ancestors(table: AgentTable, pids: Iterable[int], names: Iterable[str]) -> str:
    """The agent nearest among a hook's ancestors (parent first): what still runs is looked at, else its name counts."""
    for pid, name in zip(pids, names, strict=True):
        agent = agent_of(table, pid, name) or match(table, "", name, ())
        if agent:
            return agent
    return ""


def agent_of(table: AgentTable, pid: int, expected_name: str = "") -> str:
    """The agent that a process is; empty: none, or it cannot be looked at. A pid that has another name is not it."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            name = process.name()
            if process.uids().effective != os.geteuid() or (expected_name and name[:15] != expected_name[:15]):
                return ""
            return match(table, _executable(process), name, process.cmdline())
    except (psutil.Error, OSError):
        return ""


def match(table: AgentTable, executable: str, name: str, arguments: Sequence[str]) -> str:
    """The agent by executable, then by the kernel's short name, then by an interpreter's script; empty: none.

    A process in the background that outlives the agent's sessions is none of them.
    """
    agent = _match(table, executable, name, arguments)
    return agent.id if agent is not None and not set(agent.background).intersection(arguments) else ""


def works_for(table: AgentTable, executable: str, name: str, arguments: Sequence[str]) -> str:
    """The agent that a process works for: as `match`, but also in the background; empty: none."""
    agent = _match(table, executable, name, arguments)
    return "" if agent is None else agent.id


def inside(path: str, folder: str) -> bool:
    """Whether a path is the folder or lies below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _match(table: AgentTable, executable: str, name: str, arguments: Sequence[str]) -> Agent | None:
    for known in (os.path.basename(executable).removesuffix(".exe"), name.removesuffix(".exe")):
        for agent in table.agents:
            if known and known in agent.processes:
                return agent
    if not os.path.basename(executable or name).startswith(_INTERPRETERS):
        return None
    script = next((argument for argument in arguments[1:] if not argument.startswith("-")), "")
    elements = script.split("/")
    return next((agent for agent in table.agents if _runs(agent, elements)), None)


def _runs(agent: Agent, elements: list[str]) -> bool:
    if elements[-1].rsplit(".", 1)[0] in agent.processes:
        return True
    return any(_contains(elements, package.split("/")) for package in agent.argv)


def _contains(elements: list[str], part: list[str]) -> bool:
    width = len(part)
    return any(elements[start : start + width] == part for start in range(len(elements) - width + 1))


def _working_folder(pid: int) -> str | None:
    # One readlink instead of psutil's stat, create time and readlink: most processes are elsewhere.
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return None


def _executable(process: psutil.Process) -> str:
    try:
        return str(process.exe())
    except (psutil.Error, OSError):
        return ""
