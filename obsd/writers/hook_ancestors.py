"""The agent above a git hook, by what the hook itself reported of its ancestors. Worker threads: it looks at /proc.

A name that the hook reported is what the kernel called that process then. What has the same name now is looked at, as
long as the report is fresh, for the script that it runs. A terminal, a login or an editor that hosts agents ends the
search: who started that says nothing of who works in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from obsd.agents import presence
from obsd.agents.table import AgentTable
from obsd.git.hook_report import Process
from obsd.writers import programs
from obsd.writers.processes import ProcessReader, short_name

_BOUNDARIES = ("terminal", "login", "host")


def agent_above(table: AgentTable, ancestors: Iterable[Process], *, fresh: bool) -> str:
    """The nearest agent among a hook's ancestors, parent first; empty: none."""
    reader = ProcessReader(table)
    for reported in ancestors:
        now = reader.read(reported.pid) if fresh and short_name(reported.pid) == reported.name else None
        if now is not None:
            agent, role = now.agent, now.role
        else:
            executable, arguments = reported.executable, reported.arguments
            agent = presence.works_for(table, executable, reported.name, arguments)
            role = programs.role(reported.name, executable, arguments)
        if agent:
            return agent
        if role in _BOUNDARIES:
            return ""
    return ""
