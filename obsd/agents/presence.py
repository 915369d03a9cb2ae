"""Which agent a process is, by its program, its short name, and the script that an interpreter runs.

Owns these rules, and the look at one process, which blocks: worker threads. Editors are not agents: only what the table
names counts.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import psutil

from obsd.agents.table import Agent, AgentTable

_INTERPRETERS = ("node", "bun", "deno", "python")


def agent_of(table: AgentTable, pid: int) -> str:
    """The agent that a process is; empty: none, or it cannot be looked at."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            name = process.name()
            if process.uids().effective != os.geteuid():
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


def _executable(process: psutil.Process) -> str:
    try:
        return str(process.exe())
    except (psutil.Error, OSError):
        return ""
