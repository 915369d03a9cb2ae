"""`obsctl agents` lists agents and their evidence; `obsctl agents setup NAME` shows, writes or undoes a setting."""

from __future__ import annotations

import shutil
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obsctl import arguments, listing
from obsctl.agent_recipes import GRPC, HTTP, PROGRAMS, Recipe, recipes
from obsctl.call import Call
from obsctl.columns import Column
from obsd import amounts
from obsd.errors import DaemonUnreachable, InvalidRequest
from obsd.text import printable

IMPORT_TIMEOUT_SECONDS = 600.0

if TYPE_CHECKING:
    from obsd.v1.agents_pb2 import AgentState, ListAgentsResponse


_COLUMNS = (
    Column("AGENT"),
    Column("INSTALLED"),
    Column("RECORDS", least=8),
    Column("TELEMETRY", least=9),
    Column("HOOKS", rank=2),
    Column("LAST DATA", rank=3),
    Column("AT WORK IN", rank=1, least=10),
)


def configure(parser: ArgumentParser) -> None:
    """Adds the action, the agent, and what to do with its setting."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "setup", "import"),
        default="list",
        help="list them, set one up, import",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", type=arguments.given, help="the agent to set up")
    parser.add_argument(
        "--since", metavar="TIME", type=arguments.since, help="import: from when on, such as 90d (default: 30 days)"
    )
    parser.add_argument("--vsix", metavar="FILE", type=arguments.given, help="setup vscode: the extension to install")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--write", action="store_true", help="write the setting; other settings stay")
    how.add_argument("--undo", action="store_true", help="undo what --write wrote")


def run(call: Call) -> int:
    """Lists agents, or sets one up."""
    if call.args.action == "setup":
        return _setup(call)
    if call.args.action == "import":
        return _import(call)
    with call.client() as client:
        listed = client.agents()
    known = recipes(listed.grpc_address or GRPC, listed.http_address or HTTP)
    rows = [_row(one, known.get(one.agent)) for one in listed.agents]
    receiving = {"grpc": listed.grpc_address or None, "http": listed.http_address or None}
    if call.json:
        call.document("agents", receiving=receiving, agents=rows)
        return 0
    listing.show(call, _COLUMNS, [_cells(row, known) for row in rows])
    for row in rows:
        for line in _strange(row):
            call.note(line)
    if not any(receiving.values()):
        call.note('telemetry is not received: set [telemetry] grpc and http in obsd.toml, then "obsctl reload"')
    elif any(row["installed"] and not row["telemetry"] and row["agent"] in known for row in rows):
        call.note("`obsctl agents setup NAME` shows the setting that makes an agent send telemetry")
    return 0


def _import(call: Call) -> int:
    """Has the daemon read the time before workspaces were watched."""
    from obsctl import documents
    from obsd import rpc_encoding

    since = call.args.since
    with call.client(IMPORT_TIMEOUT_SECONDS) as client:
        found = client.import_history(since)
    if call.json:
        begin = None if since is None else documents.time(rpc_encoding.timestamp(since))
        call.document("agents-import", since=begin, commits=found.commits, sessions=found.sessions, writes=found.writes)
        return 0
    call.say(
        f"{amounts.count(found.commits, 'commit')} in git's logs, {amounts.count(found.sessions, 'session')} of agents"
        f" with {amounts.count(found.writes, 'edit')} in their records"
    )
    call.note("`obsctl commits`, `sessions` and `report` show them as history; they are in no counter")
    return 0


def _row(one: AgentState, recipe: Recipe | None) -> dict[str, Any]:
    from obsctl import agent_setup, documents

    program = PROGRAMS.get(one.agent, one.agent)
    found = agent_setup.found(recipe, Path.home()) if recipe else shutil.which(program) is not None
    records, last_at = one.records, one.records.last_at
    return {
        "agent": one.agent,
        "installed": found or records.state in ("understood", "drifted"),
        "telemetry": recipe is not None and agent_setup.is_on(recipe, Path.home()),
        "last_heard_at": documents.time(one.last_heard_at) if one.HasField("last_heard_at") else None,
        "sessions": one.sessions,
        "present_in": list(one.present_in),
        "records": {
            "state": records.state,
            "versions": [
                {"version": printable(each.version), "understood": each.understood, "misread": each.misread}
                for each in records.versions
            ],
            "last_at": documents.time(last_at) if records.HasField("last_at") else None,
            "packed_unreadable": records.packed_unreadable,
        },
        "commits": {"by_hook": one.commits_by_hook, "without_hook": one.commits_without_hook},
    }


def _cells(row: dict[str, Any], known: Mapping[str, Recipe]) -> tuple[object, ...]:
    received = max(filter(None, (row["last_heard_at"], row["records"]["last_at"])), default="never")
    commits = row["commits"]
    hooks = "yes" if commits["by_hook"] else "no" if commits["without_hook"] else "-"
    return (
        row["agent"],
        "yes" if row["installed"] else "no",
        row["records"]["state"],
        "-" if row["agent"] not in known else "on" if row["telemetry"] else "off",
        hooks,
        received,
        ", ".join(row["present_in"]) or "-",
    )


def _strange(row: dict[str, Any]) -> Iterator[str]:
    """What an agent's user should know: records that are not understood, and commits that no hook reported."""
    records, commits = row["records"], row["commits"]
    for each in records["versions"]:
        if each["misread"]:
            of_all = each["understood"] + each["misread"]
            yield f"{row['agent']} {each['version']}: {each['misread']} of {of_all} records were not understood"
    if records["packed_unreadable"]:
        yield f"{row['agent']}: {records['packed_unreadable']} packed files need python3-zstandard"
    if commits["without_hook"] and not commits["by_hook"]:
        yield f"{row['agent']}: no hook reported its {commits['without_hook']} commits; the reflog did"


def _setup(call: Call) -> int:
    from obsctl import agent_setup, editor_setup

    if call.args.name == editor_setup.NAME:
        return _setup_editors(call)
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


def _setup_editors(call: Call) -> int:
    """Shows, writes or undoes the extension of editors."""
    from obsctl import agent_setup, editor_setup

    editors, home = editor_setup.installed(), Path.home()
    vsix = None if call.args.undo else editor_setup.package(call.args.vsix)
    steps = [" ".join(editor_setup.commands(editor, vsix)) for editor in editors]
    settings = [setting for editor in editors if (setting := editor_setup.recipe(editor))]
    files = [printable(str(home / setting.file)) for setting in settings]
    changed = False
    if call.args.undo:
        changed = editor_setup.undo(editors, home)
    elif call.args.write and vsix is not None:
        changed = editor_setup.write(editors, vsix, home)
    if call.json:
        shown = agent_setup.shown(settings[0]) if settings else ""
        call.document("agents-setup", agent=editor_setup.NAME, file=", ".join(files), setting=shown, changed=changed)
        return 0
    for step in steps:
        call.say(f"{'done: ' if call.args.write or call.args.undo else ''}{printable(step)}")
    for setting, file in zip(settings, files, strict=True):
        if call.args.write or call.args.undo:
            call.say(f"{file}: {setting.then}")
        else:
            call.say(f"in {file} ({setting.then}):\n\n{agent_setup.shown(setting)}\n")
    if not call.args.write and not call.args.undo:
        call.note("`obsctl agents setup vscode --write` does all of it; other settings and comments stay")
    return 0


def _chosen(call: Call) -> Recipe:
    listed = _asked(call)
    known = recipes(listed.grpc_address or GRPC, listed.http_address or HTTP) if listed is not None else recipes()
    recipe = known.get(call.args.name or "")
    if recipe is None:
        what = f"no agent is named {printable(call.args.name)}" if call.args.name else "an agent's name is missing"
        raise InvalidRequest("unknown_agent", what, f"one of {', '.join(sorted([*known, 'vscode']))}")
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
