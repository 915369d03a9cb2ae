"""What `obsctl doctor` checks on the machine and in the daemon's answer: one small function a check.

A check gives findings and never raises an expected error; a new one is a function here and a line in its table.
"""

from __future__ import annotations

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from obsctl import render
from obsctl.call import shown
from obsd import __version__, amounts
from obsd.errors import ObsdError
from obsd.host import namespaces, paths

if TYPE_CHECKING:
    from obsd.v1.daemon_pb2 import GetStatusResponse

State = Literal["ok", "warn", "fail"]

OLDEST_GIT = (2, 25)
FULL_SHARE = 0.8
BACKLOG_WARNING = 100
EARLIEST_CLOCK = 1_700_000_000.0
"""A clock before that (2023) was never set."""
_SEVERITIES: dict[str, State] = {"error": "fail", "warning": "warn", "info": "ok"}
_INOTIFY = Path("/proc/sys/fs/inotify")


class Finding(NamedTuple):
    """The outcome of a check: `hint` says what helps, and is empty when all is well."""

    check: str
    state: State
    text: str
    hint: str = ""


def of_machine(spool_folder: Path) -> Iterator[Finding]:
    """Findings for which no daemon is needed."""
    yield from _spool(spool_folder)
    for look in (_configuration, _git, _clock, _processes, _instances):
        yield from look()


def of_daemon(status: GetStatusResponse) -> Iterator[Finding]:
    """Findings in what the daemon says of itself."""
    for look in (_version, _warnings, _watches, _metrics, _author_sources):
        yield from look(status)


def _author_sources(status: GetStatusResponse) -> Iterator[Finding]:
    """Whether there is evidence of who wrote changes. Without it they are `unknown`, which is no fault."""
    for source in status.author_sources:
        name = f"authors by {source.source}"
        if source.up and not source.hint:
            yield Finding(name, "ok", source.text or "it speaks")
        else:
            yield Finding(name, "warn", source.text or "it does not speak", source.hint)


def _configuration() -> Iterator[Finding]:
    from obsd import config

    place = paths.config_file()
    try:
        config.load(place)
    except ObsdError as error:
        yield Finding("configuration", "fail", error.message, error.hint)
    else:
        yield Finding("configuration", "ok", "none, all defaults" if place is None else f"{shown(place)} has no faults")


def _git() -> Iterator[Finding]:
    try:
        output = subprocess.run(["git", "--version"], capture_output=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        yield Finding("git", "fail", f"git does not run: {error}", "install git: `apt install git`")
        return
    text = output.decode(errors="replace").strip()
    numbers = tuple(int(part) for part in text.split()[-1].split(".")[:2] if part.isdigit()) if text else ()
    if numbers and numbers < OLDEST_GIT:
        yield Finding("git", "warn", f"{text} is older than what obsd was tested with", "install git 2.25 or later")
    else:
        yield Finding("git", "ok", text)


def _spool(folder: Path) -> Iterator[Finding]:
    from obsd.git import spool

    waiting = spool.backlog(folder)
    text = f"{amounts.count(waiting, 'report')} of hooks in {shown(folder)}"
    if waiting > BACKLOG_WARNING:
        yield Finding("spool", "warn", f"{text} wait", "they are taken when the daemon runs: `obsctl drain-spool`")
    else:
        yield Finding("spool", "ok", text)


def _clock() -> Iterator[Finding]:
    now = time.time()
    if now < EARLIEST_CLOCK:
        text = f"the clock says {render.local(now)}"
        yield Finding("clock", "fail", text, "set it: `timedatectl set-ntp true`")
    else:
        yield Finding("clock", "ok", f"it is {render.local(now)}")


def _processes() -> Iterator[Finding]:
    """In a container obsd does not see who works outside of it, which is no fault."""
    if namespaces.all_processes_seen():
        yield Finding("processes", "ok", "all processes of this machine are visible")
    else:
        text = "this is a process namespace of its own (a container): programs outside of it are not visible"
        hint = "docs/containers.md says what is known of them all the same; with `--pid=host` they are visible"
        yield Finding("processes", "warn", text, hint)


def _instances() -> Iterator[Finding]:
    """inotify instances are limited for each user, and every editor takes some."""
    limit = _limit("max_user_instances")
    if limit is None:
        return
    used = _own_instances()
    text = f"{used} of {limit} inotify instances of this user are taken"
    if used > limit * FULL_SHARE:
        hint = f"sudo sysctl fs.inotify.max_user_instances={max(1024, limit * 2)} (and a file in /etc/sysctl.d)"
        yield Finding("inotify instances", "fail" if used >= limit else "warn", text, hint)
    else:
        yield Finding("inotify instances", "ok", text)


def _limit(name: str) -> int | None:
    try:
        return int((_INOTIFY / name).read_text())
    except (OSError, ValueError):
        return None


def _own_instances() -> int:
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == os.getuid():
                count += sum(_is_inotify(entry) for entry in os.scandir(process / "fd"))
        except OSError:
            continue
    return count


def _is_inotify(entry: os.DirEntry[str]) -> bool:
    try:
        return os.readlink(entry.path) == "anon_inode:inotify"
    except OSError:
        return False


def _version(status: GetStatusResponse) -> Iterator[Finding]:
    if status.version == __version__:
        yield Finding("version", "ok", f"obsd and obsctl are {__version__}")
    else:
        yield Finding(
            "version",
            "warn",
            f"obsd is {status.version}, obsctl is {__version__}",
            "restart the daemon: `systemctl --user restart obsd`",
        )


def _warnings(status: GetStatusResponse) -> Iterator[Finding]:
    for warning in status.warnings:
        # A workspace's state has a line of its own, with more in it.
        if warning.code not in ("workspace_failed", "workspace_degraded"):
            state = _SEVERITIES.get(warning.severity, "warn")
            where = f"{warning.workspace}: " if warning.workspace else ""
            yield Finding(warning.code, state, where + warning.text, warning.hint)


def _watches(status: GetStatusResponse) -> Iterator[Finding]:
    limit = _limit("max_user_watches")
    if limit is None:
        return
    used = sum(workspace.watches for workspace in status.workspaces)
    text = f"obsd has {used:,} of the {limit:,} inotify watches that this user may have"
    if used > limit * FULL_SHARE:
        hint = f"sudo sysctl fs.inotify.max_user_watches={max(524_288, limit * 2)} (and a file in /etc/sysctl.d)"
        yield Finding("inotify watches", "warn", text, hint)
    else:
        yield Finding("inotify watches", "ok", text)


def _metrics(status: GetStatusResponse) -> Iterator[Finding]:
    if not status.metrics_url:
        yield Finding("metrics", "warn", "nothing is served over HTTP", "set metrics.listen, and see `obsctl status`")
        return
    # No proxy: the address is this machine's.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(status.metrics_url, timeout=3) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        if error.code == 401:
            yield Finding("metrics", "ok", f"{status.metrics_url} answers, and asks for its token")
        else:
            yield Finding("metrics", "fail", f"{status.metrics_url} answers {error.code}", "the daemon's log says why")
    except (OSError, ValueError) as error:
        hint = "a proxy or a firewall may be in between; see metrics.listen"
        yield Finding("metrics", "fail", f"{status.metrics_url} does not answer: {error}", hint)
    else:
        yield Finding("metrics", "ok", f"{status.metrics_url} answers")
