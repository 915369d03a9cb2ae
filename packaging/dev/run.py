"""Owns `make run`: obsd in the foreground for one workspace, with nothing left behind in it.

State and log are in .run/, or in the folder that OBSD_RUN_FOLDER names. It drives the two commands as a user would
and must not import obsd. Runs in one thread; a signal ends the wait and everything is taken down in reverse order.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
RUN = Path(os.environ.get("OBSD_RUN_FOLDER", ROOT / ".run"))
LOG = RUN / "obsd.log"
# A socket's path ends at 107 bytes; the rest is left for its name.
MAX_RUNTIME_BYTES = 90
START_SECONDS = 120


class Stopped(Exception):
    """A signal asked for the end."""


def main(argv: list[str]) -> int:
    """Runs until Ctrl-C; returns the exit code for make."""
    workspace = Path(argv[1] if len(argv) > 1 else ROOT).expanduser()
    if not workspace.is_dir():
        print(f"make run: {workspace} is not a folder", file=sys.stderr)
        print("hint: make run WORKSPACE=/path/to/a/repository", file=sys.stderr)
        return 2
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    RUN.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="obsd-run-") as short:
        return _run(workspace.resolve(), _environment(Path(short)))


def _run(workspace: Path, environment: dict[str, str]) -> int:
    daemon = _start_daemon(environment)
    name = ""
    try:
        _obsctl(environment, "wait", "--timeout", str(START_SECONDS))
        _remove_leftovers(environment)
        _obsctl(environment, "add-workspace", str(workspace), "--timeout", str(START_SECONDS))
        name = str(workspace)
        _announce(environment, workspace)
        return _follow(environment, daemon)
    except Stopped:
        return 0
    except subprocess.CalledProcessError as error:
        print(f"make run: it did not start; the daemon's log is {LOG}:", file=sys.stderr)
        print("".join(LOG.read_text(errors="replace").splitlines(keepends=True)[-10:]), file=sys.stderr)
        return error.returncode
    finally:
        _ignore_signals()
        if name:
            _obsctl(environment, "remove-workspace", name, check=False)
        _end(daemon)
        print(f"make run: ended; nothing is left in the workspace, the ledger stays in {RUN}", file=sys.stderr)


def _environment(short: Path) -> dict[str, str]:
    """The contract's variables: everything in .run/, the socket in `short` where the checkout's path is long."""
    runtime = RUN / "runtime" if len(os.fsencode(RUN / "runtime")) < MAX_RUNTIME_BYTES else short
    state = RUN / "state"
    for folder in (runtime, state):
        folder.mkdir(mode=0o700, exist_ok=True)
    configuration = RUN / "obsd.toml"
    metrics, page = _free_port(8000), _free_port(8008)
    configuration.write_text(
        f'version = 1\n\n[metrics]\nlisten = "127.0.0.1:{metrics}"\n\n[web]\nlisten = "127.0.0.1:{page}"\n'
    )
    return os.environ | {
        "RUNTIME_DIRECTORY": str(runtime),
        "STATE_DIRECTORY": str(state),
        "CONFIGURATION_DIRECTORY": str(RUN),
    }


def _free_port(wanted: int) -> int:
    """`wanted`, or 0 (any free one) when something listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
    return wanted


def _start_daemon(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C must reach this script alone, which then ends things in order.
    with LOG.open("wb") as log:
        return subprocess.Popen([BIN / "obsd"], env=environment, stdin=subprocess.DEVNULL, stderr=log, process_group=0)


def _obsctl(environment: dict[str, str], *arguments: str, check: bool = True) -> None:
    command = [str(BIN / "obsctl"), *arguments]
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=check, process_group=0)


def _status(environment: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    command = [str(BIN / "obsctl"), "--json", "status"]
    shown = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    status: dict[str, list[dict[str, str]]] = json.loads(shown.stdout)
    return status


def _remove_leftovers(environment: dict[str, str]) -> None:
    """Takes down what a run that was killed left registered, hooks included."""
    for workspace in _status(environment)["workspaces"]:
        _obsctl(environment, "remove-workspace", workspace["name"], check=False)


def _announce(environment: dict[str, str], workspace: Path) -> None:
    print(
        f"""
obsd watches {workspace}
  metrics   {_status(environment)["metrics_url"] or "not served: see obsctl status"}
  log       {LOG}
  obsctl    OBSD_SOCKET={environment["RUNTIME_DIRECTORY"]}/obsd.sock {BIN}/obsctl status
Edit a file or make a commit: it shows below. Ctrl-C ends it.
""",
        flush=True,
    )


def _follow(environment: dict[str, str], daemon: subprocess.Popen[bytes]) -> int:
    """Shows live activity until a signal comes, or the daemon ends by itself."""
    tail = subprocess.Popen([BIN / "obsctl", "tail"], env=environment, stdin=subprocess.DEVNULL, process_group=0)
    try:
        tail.wait()
    finally:
        _end(tail)
    try:
        code = daemon.wait(timeout=5)
    except subprocess.TimeoutExpired:
        code = 1
    print(f"make run: the live view ended (daemon: {code}); see {LOG}", file=sys.stderr)
    return 1


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _stop(_number: int, _frame: object) -> None:
    raise Stopped


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
