"""The extensions of editors that are agents': each of one agent, in the form in which editors report them."""

from __future__ import annotations

import json
import re
from importlib.resources import files

from obsd.agents.table import AgentTable, extensions


def test_each_extension_is_of_one_agent_and_in_lower_case() -> None:
    table = json.loads(files("obsd.agents").joinpath("table.json").read_text(encoding="utf-8"))
    entries = [(one, entry["id"]) for entry in table["agents"] for one in entry.get("extensions", ())]
    assert len(dict(entries)) == len(entries)
    assert [one for one, _ in entries if not re.fullmatch(r"[a-z0-9-]+\.[a-z0-9-]+", one)] == []
    assert extensions() == dict(entries)
    assert set(extensions().values()) <= {agent.id for agent in AgentTable.build().agents}


def test_the_extensions_of_agents_are_theirs() -> None:
    assert extensions()["github.copilot"] == extensions()["github.copilot-chat"] == "copilot-vscode"
    assert extensions()["anthropic.claude-code"] == "claude-code"
    assert "obsd.obsd-vscode" not in extensions()
