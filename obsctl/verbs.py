"""The table of verbs: the lines of `obsctl --help`, and the module of each verb.

A new verb is a line here and a file in `obsctl/commands/` with `configure(parser)` and `run(call) -> exit code`.
Only the lightest parts of the standard library are imported, because `obsctl --help` must be quick.
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
    """The functions of a verb's module."""

    @staticmethod
    def configure(parser: ArgumentParser) -> None: ...
    @staticmethod
    def run(call: Call) -> int: ...


VERBS: dict[str, Verb] = {
    "today": Verb("today", "show a day at a glance: who did what, who is at work, what needs a look; the default"),
    "add-workspace": Verb("add_workspace", "watch a folder, and install the git hooks that report its commits"),
    "remove-workspace": Verb("remove_workspace", "stop watching a folder, and remove its hooks"),
    "forget": Verb("forget", "remove a workspace that was added by mistake, and delete its record"),
    "workspaces": Verb("workspaces", "list the workspaces and the state of their watchers"),
    "status": Verb("status", "show the state of the daemon and its workspaces"),
    "sessions": Verb("sessions", "list sessions of activity, newest first"),
    "session": Verb("session", "show one session, and compare what agents declared with what obsd counted"),
    "commits": Verb("commits", "list commits, newest first"),
    "blame": Verb("blame", "show who wrote each line of a file, and how that is known"),
    "export": Verb("export", "print who wrote the lines of commits as Agent Trace records, or as git-ai's notes"),
    "violations": Verb("violations", "list violations of workflow rules, newest first"),
    "rules": Verb("rules", "show the workflow rules: their limits, and whether they are satisfied"),
    "report": Verb("report", "sum up what happened since a time: sessions, agents, files, commits, anomalies"),
    "top": Verb("top", "show recent activity by workspace, live, until q is pressed"),
    "tail": Verb("tail", "show facts as they are recorded, until interrupted"),
    "open": Verb("open", "open the page in a browser, or print an address that opens it once"),
    "agents": Verb("agents", "list agents and whether their telemetry is received, or set one up"),
    "usage": Verb("usage", "show what vendors counted by day, beside what was counted on this machine"),
    "metrics": Verb("metrics", "print the metrics, or write them to a file for node_exporter"),
    "prometheus-config": Verb("prometheus_config", "print the scrape job, or a complete configuration, for Prometheus"),
    "hooks": Verb("hooks", "install, uninstall or check the git hooks"),
    "service": Verb("service", "install or uninstall the unit, man pages and completions of an installation by pip"),
    "doctor": Verb("doctor", "check everything that obsd needs, with hints"),
    "reload": Verb("reload", "make the daemon read its configuration again"),
    "wait": Verb("wait", "wait until every workspace is watched, or until changes are recorded"),
    "config": Verb("config", "show or check the configuration"),
    "schema": Verb("schema", "print the JSON Schema of what a verb prints with --json"),
    "version": Verb("version", "print the versions of obsctl and of the daemon"),
}


def load(verb: str) -> VerbModule:
    """Returns the module of a verb of the table."""
    return cast(VerbModule, import_module(f"obsctl.commands.{VERBS[verb].module}"))
