"""`obsctl service install|uninstall`: the user's unit, man pages and completions of an installation from the wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
from argparse import ArgumentParser
from collections.abc import Iterator

from obsctl import service_files
from obsctl.call import Call, shown
from obsd.errors import Unavailable
from obsd.text import printable

_SYSTEMD_SECONDS = 60


def configure(parser: ArgumentParser) -> None:
    """The action, and whether the service begins at once."""
    parser.add_argument(
        "action", choices=("install", "uninstall"), help="write the files into their places, or remove them"
    )
    parser.add_argument("--now", action="store_true", help="with install: also enable the service and start it")


def run(call: Call) -> int:
    """Writes or removes the files; returns 1 if one is another's."""
    program = service_files.program()
    if call.args.action == "install":
        changes = service_files.install(program)
        _systemctl("daemon-reload")
        if call.args.now:
            _enable()
        notes = list(_left_to_do(call.args.now))
    else:
        if os.path.lexists(service_files.unit_file()):
            _systemctl("disable", "--now", service_files.UNIT)
        changes = service_files.uninstall()
        _systemctl("daemon-reload")
        notes = []
    foreign = [change for change in changes if change.change == "foreign"]
    if call.json:
        files = [{"path": shown(path), "change": change} for path, change in changes]
        call.document("service", action=call.args.action, program=shown(program), files=files, notes=notes)
    else:
        for path, change in changes:
            if change != "absent":
                call.say(f"{change} {shown(path)}")
        for note in notes:
            call.note(note)
    for other in foreign:
        call.note(f"error: {shown(other.path)} was not written by obsd and stays as it is")
    return 1 if foreign else 0


def _left_to_do(now: bool) -> Iterator[str]:
    other = service_files.shadowing()
    if other is not None:
        yield f"systemd uses {shown(other)} instead of the unit that was written: remove it"
    if not now:
        yield "systemctl --user enable --now obsd starts it, now and at each login"
    yield "zsh finds the completions with: fpath+=(~/.local/share/zsh/site-functions) before compinit in ~/.zshrc"


def _systemctl(*arguments: str) -> str:
    """Runs systemctl for the user's manager; returns what is wrong, or an empty text. Without systemd, nothing runs."""
    found = shutil.which("systemctl")
    if found is None:
        return "systemctl was not found"
    command = [found, "--user", *arguments]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SYSTEMD_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit code {done.returncode}"


def _enable() -> None:
    trouble = _systemctl("enable", "--now", service_files.UNIT)
    if trouble:
        raise Unavailable(
            "service_not_started",
            f"the files are in their places, but the service was not started: {printable(trouble)}",
            "`journalctl --user -u obsd` shows why; in a shell without a login session set XDG_RUNTIME_DIR",
        )
