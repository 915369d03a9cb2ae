"""The table of verbs: what `obsctl --help` shows, and the module that does each.

A new verb is a line here and a file in `obsctl/commands/` with `configure(parser)` and `run(call) -> exit code`.
Nothing but the standard library's lightest parts is imported, because `obsctl --help` is to be quick.
"""

from __future__ import annotations

from argparse import ArgumentParser
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from obsctl.call import Call


class Verb(NamedTuple):
    """A verb's module below `obsctl.commands`, and its line in the help."""

    module: str
    help: str


class VerbModule(Protocol):
    """What a verb's module has."""

    @staticmethod
    def configure(parser: ArgumentParser) -> None: ...
    @staticmethod
    def run(call: Call) -> int: ...


VERBS: dict[str, Verb] = {
    "add-workspace": Verb("add_workspace", "watch a folder, and install the git hooks that report its commits"),
    "remove-workspace": Verb("remove_workspace", "stop watching a folder, and take its hooks away"),
    "workspaces": Verb("workspaces", "list what is watched, and how well"),
    "status": Verb("status", "show how the daemon and its workspaces are"),
    "sessions": Verb("sessions", "list times of activity, newest first"),
    "session": Verb("session", "show one session, and what agents said of it beside what was seen"),
    "commits": Verb("commits", "list commits, newest first"),
    "violations": Verb("violations", "list when workflow rules were broken, newest first"),
    "rules": Verb("rules", "show the workflow rules: their limits, and whether they are kept now"),
    "report": Verb("report", "add up what happened since a time: sessions, agents, files, commits, what was unusual"),
    "top": Verb("top", "show live what happens, by workspace, until q is pressed"),
    "tail": Verb("tail", "show facts as they are recorded, until interrupted"),
    "agents": Verb("agents", "list agents and whether their telemetry comes in, or set one up"),
    "metrics": Verb("metrics", "print the metrics, or write them to a file for node_exporter"),
    "prometheus-config": Verb("prometheus_config", "print the scrape job, or a whole configuration, for Prometheus"),
    "hooks": Verb("hooks", "install, uninstall or look at the git hooks"),
    "doctor": Verb("doctor", "check everything that obsd needs, and say what helps"),
    "reload": Verb("reload", "have the daemon read its configuration again"),
    "wait": Verb("wait", "wait until every workspace is watched, or until changes are recorded"),
    "config": Verb("config", "show or check the configuration"),
    "schema": Verb("schema", "print the JSON Schema of what a verb prints with --json"),
    "version": Verb("version", "print the versions of obsctl and of the daemon"),
}


def load(verb: str) -> VerbModule:
    """The module of a verb of the table."""
    return cast(VerbModule, import_module(f"obsctl.commands.{VERBS[verb].module}"))
