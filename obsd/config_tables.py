"""The parts of `obsd.toml` that are more than a table of keys: tables of tables, and lists of them.

Owns their form; the keys are in `obsd/config_sections.py`. Every fault becomes a line in `problems`. Pure, any thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

from obsd.config_fields import read_table, shown, unknown_key
from obsd.config_sections import AgentConfig, FoundConfig, RulesConfig, UsageConfig, WorkspaceConfig
from obsd.text import printable


def read_usage(value: object, problems: list[str]) -> UsageConfig:
    """[usage.VENDOR]: the settings of each vendor."""
    base = UsageConfig()
    if not isinstance(value, Mapping):
        problems.append(f"usage: expected [usage.VENDOR] tables, found {shown(value)}")
        return base
    vendors = [item.name for item in fields(base)]
    strange = [key for key in value if key not in vendors]
    problems.extend(unknown_key(f"usage.{printable(key)}", key, vendors, "usage.") for key in strange)
    read = {name: read_table(getattr(base, name), value.get(name, {}), f"usage.{name}.", problems) for name in vendors}
    return replace(base, **read)


def read_agents(value: object, problems: list[str]) -> tuple[AgentConfig, ...]:
    """[[agents]]: those that have an id of their own."""
    if not isinstance(value, list):
        problems.append(f"agents: expected [[agents]] tables, found {shown(value)}")
        return ()
    found: dict[str, AgentConfig] = {}
    for position, table in enumerate(value):
        where = f"agents[{position}]."
        before = len(problems)
        agent = read_table(AgentConfig(), table, where, problems)
        if agent.id in found:
            problems.append(f'{where}id: "{agent.id}" is there twice')
        elif not agent.id and len(problems) == before:
            problems.append(f"{where}id: missing; every agent needs one")
        found[agent.id] = agent
    return tuple(found.values())


def _of_all(value: Mapping[str, object]) -> dict[str, object]:
    """The keys of [workspaces] itself; a table of such a name is a workspace's."""
    names = [item.name for item in fields(FoundConfig)]
    return {name: value[name] for name in names if name in value and not isinstance(value[name], Mapping)}


def read_found(value: object, problems: list[str]) -> FoundConfig:
    """[workspaces]: its own keys."""
    own = _of_all(value) if isinstance(value, Mapping) else {}
    return read_table(FoundConfig(), own, "workspaces.", problems)


def read_workspaces(value: object, rules: RulesConfig, problems: list[str]) -> tuple[WorkspaceConfig, ...]:
    """[workspaces."NAME".rules]: the rules of each, with those of all where it has none."""
    if not isinstance(value, Mapping):
        problems.append(f'workspaces: expected [workspaces."NAME".rules] tables, found {shown(value)}')
        return ()
    found = []
    of_all = _of_all(value)
    for name, table in value.items():
        if name in of_all:
            continue
        where = f'workspaces."{printable(name)}".'
        if not isinstance(table, Mapping):
            problems.append(f"{where.rstrip('.')}: expected a table, found {shown(table)}")
            continue
        strange = [key for key in table if key != "rules"]
        problems.extend(unknown_key(f"{where}{printable(key)}", key, ["rules"], where) for key in strange)
        found.append(WorkspaceConfig(name, read_table(rules, table.get("rules", {}), f"{where}rules.", problems)))
    return tuple(found)
