"""`obsctl doctor`: checks everything that obsd needs, one line per check, with hints."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import TYPE_CHECKING

from obsctl import checks, hooking, hooking_everywhere, remote_checks, render, service_checks
from obsctl.call import Call, shown
from obsctl.checks import Finding, State
from obsd import amounts
from obsd.errors import ObsdError
from obsd.host import paths
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.client.client import Client
    from obsd.v1.workspace_pb2 import Workspace

_WORD_WIDTH = 4


def configure(parser: ArgumentParser) -> None:
    """No arguments of its own."""


def run(call: Call) -> int:
    """Runs the checks; returns 1 if one failed."""
    findings = []
    for finding in _all(call):
        findings.append(finding)
        if not call.json:
            _show(call, finding)
    failed = sum(finding.state == "fail" for finding in findings)
    if call.json:
        call.document("doctor", failed=failed, checks=[_document(finding) for finding in findings])
    return 1 if failed else 0


def _show(call: Call, finding: Finding) -> None:
    word = render.word(finding.state.ljust(_WORD_WIDTH), call.args.no_color)
    call.say(f"{word}  {printable(finding.check)}: {printable(finding.text)}")
    if finding.hint:
        call.say(f"{'':{_WORD_WIDTH}}  hint: {printable(finding.hint)}")


def _document(finding: Finding) -> dict[str, str]:
    return {name: printable(text) for name, text in finding._asdict().items()}


def _all(call: Call) -> Iterator[Finding]:
    folder = paths.spool_dir()
    remote = list(remote_checks.of_reporter())
    try:
        with call.client() as client:
            folder = hooking.spool(client)
            yield from _daemon(call, client)
    except ObsdError as error:
        yield from remote or [Finding("daemon", "fail", error.message, error.hint)]
    else:
        yield from remote
    yield from checks.of_machine(folder)
    yield from service_checks.of_service(call.socket)


def _daemon(call: Call, client: Client) -> Iterator[Finding]:
    status = client.status()
    yield Finding("daemon", "ok", f"process {status.pid} answers at {shown(call.socket)}")
    yield from checks.of_daemon(status)
    for workspace in status.workspaces:
        yield from _workspace(client, workspace)
    yield from hooking_everywhere.findings(client)
    if not status.workspaces:
        yield Finding("workspaces", "warn", "none is registered", "obsctl add-workspace PATH")


def _workspace(client: Client, workspace: Workspace) -> Iterator[Finding]:
    from obsctl import documents

    name = f"workspace {workspace.name}"
    word = documents.state(workspace)
    states: dict[str, State] = {"watching": "ok", "starting": "ok", "degraded": "warn", "failed": "fail"}
    detail = f": {workspace.detail}" if workspace.detail else ""
    hint = "" if word in ("watching", "starting") else "`obsctl status` has details; obsd retries by itself"
    folders = amounts.count(workspace.watches, "folder")
    yield Finding(name, states.get(word, "warn"), f"{word}, {folders}{detail}", hint)
    if workspace.git:
        yield _hooks(client, workspace)


def _hooks(client: Client, workspace: Workspace) -> Finding:
    from obsctl import documents

    name = f"hooks of {workspace.name}"
    word = documents.hooks(workspace)
    if word == "absent":
        text = "none are installed: obsd finds commits only in the reflog"
        return Finding(name, "warn", text, f"obsctl hooks install {workspace.name}")
    if word == "foreign":
        text = "another tool owns the hooks, and they do not call obsd's"
        return Finding(name, "warn", text, f"`obsctl hooks status {workspace.name}` prints the line to add")
    trouble = hooking.probe(client, workspace)
    if trouble:
        return Finding(name, "fail", trouble, f"obsctl hooks install {workspace.name}")
    return Finding(name, "ok", "installed, and a test report arrives")
