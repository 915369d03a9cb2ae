"""`obsctl agents` lists agents and their telemetry; `obsctl agents setup NAME` shows, writes or undoes the setting."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obsctl import arguments, render
from obsctl.agent_recipes import GRPC, HTTP, Recipe, recipes
from obsctl.call import Call
from obsd.errors import DaemonUnreachable, InvalidRequest
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.v1.agents_pb2 import AgentState, ListAgentsResponse


def configure(parser: ArgumentParser) -> None:
    """Adds the action, the agent, and what to do with its setting."""
    parser.add_argument(
        "action", nargs="?", choices=("list", "setup"), default="list", help="list agents, or set one up"
    )
    parser.add_argument("name", metavar="NAME", nargs="?", type=arguments.given, help="the agent to set up")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--write", action="store_true", help="write the setting; other settings stay")
    how.add_argument("--undo", action="store_true", help="undo what --write wrote")


def run(call: Call) -> int:
    """Lists agents, or sets one up."""
    if call.args.action == "setup":
        return _setup(call)
    with call.client() as client:
        listed = client.agents()
    known = recipes(listed.grpc_address or GRPC, listed.http_address or HTTP)
    rows = [_row(one, known[one.agent]) for one in listed.agents if one.agent in known]
    receiving = {"grpc": listed.grpc_address or None, "http": listed.http_address or None}
    if call.json:
        call.document("agents", receiving=receiving, agents=rows)
        return 0
    headings = ("AGENT", "INSTALLED", "TELEMETRY", "LAST DATA", "SESSIONS", "AT WORK IN")
    render.table(headings, [_cells(row) for row in rows], call.args.no_color)
    if not any(receiving.values()):
        call.note('telemetry is not received: set [telemetry] grpc and http in obsd.toml, then "obsctl reload"')
    elif any(row["installed"] and not row["telemetry"] for row in rows):
        call.note("`obsctl agents setup NAME` shows the setting that makes an agent send telemetry")
    return 0


def _row(one: AgentState, recipe: Recipe) -> dict[str, Any]:
    from obsctl import agent_setup, documents

    return {
        "agent": one.agent,
        "installed": agent_setup.found(recipe, Path.home()),
        "telemetry": agent_setup.is_on(recipe, Path.home()),
        "last_heard_at": documents.time(one.last_heard_at) if one.HasField("last_heard_at") else None,
        "sessions": one.sessions,
        "present_in": list(one.present_in),
    }


def _cells(row: dict[str, Any]) -> tuple[object, ...]:
    received = row["last_heard_at"]
    return (
        row["agent"],
        "yes" if row["installed"] else "no",
        "on" if row["telemetry"] else "off",
        received or "never",
        row["sessions"],
        ", ".join(row["present_in"]) or "-",
    )


def _setup(call: Call) -> int:
    from obsctl import agent_setup

    recipe = _chosen(call)
    file = Path.home() / recipe.file
    changed = False
    if call.args.write:
        changed = agent_setup.write(recipe, Path.home())
    elif call.args.undo:
        changed = agent_setup.undo(recipe, Path.home())
    if call.json:
        setting = agent_setup.shown(recipe)
        call.document("agents-setup", agent=recipe.agent, file=printable(str(file)), setting=setting, changed=changed)
    elif call.args.write:
        call.say(f"{'written to' if changed else 'already in'} {printable(str(file))}; {recipe.then}")
    elif call.args.undo:
        call.say(f"{printable(str(file))} {'is restored' if changed else 'has no setting of obsctl'}")
    else:
        call.say(f"in {printable(str(file))} ({recipe.then}):\n\n{agent_setup.shown(recipe)}\n")
        call.note(f"`obsctl agents setup {recipe.agent} --write` writes it; other settings stay")
    return 0


def _chosen(call: Call) -> Recipe:
    listed = _asked(call)
    known = recipes(listed.grpc_address or GRPC, listed.http_address or HTTP) if listed is not None else recipes()
    recipe = known.get(call.args.name or "")
    if recipe is None:
        what = f"no agent is named {printable(call.args.name)}" if call.args.name else "an agent's name is missing"
        raise InvalidRequest("unknown_agent", what, f"one of {', '.join(sorted(known))}")
    receiving = listed is not None and (listed.grpc_address if recipe.protocol == "grpc" else listed.http_address)
    if not receiving and not call.args.undo:
        where = f'{recipe.protocol} = "{GRPC if recipe.protocol == "grpc" else HTTP}"'
        call.note(f"obsd does not receive it yet: set {where} under [telemetry] in obsd.toml, and `obsctl reload`")
    return recipe


def _asked(call: Call) -> ListAgentsResponse | None:
    """Returns where the daemon receives telemetry, or None if no daemon answers."""
    try:
        with call.client() as client:
            return client.agents()
    except DaemonUnreachable:
        return None
