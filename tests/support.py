"""What tests share: waiting for a condition, git repositories, and a real daemon driven through its contract.

What a test is about goes through the commands, /metrics and the disk, as a user's would; waiting alone is the client's,
which takes a tenth of a command's time.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import jsonschema

from obsd import api_socket
from obsd.client.client import Client
from obsd.errors import ObsdError
from tests.samples import Samples

T = TypeVar("T")

WAIT_SECONDS = 60.0
_BIN = Path(sys.executable).parent


def wait_until(condition: Callable[[], T | None], what: str = "", timeout: float = WAIT_SECONDS) -> T:
    """Returns the first true result of `condition`; fails after `timeout` seconds, saying `what` did not come."""
    deadline = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what or condition}; last: {result!r}")
        time.sleep(0.02)


def clean_environment(home: Path) -> dict[str, str]:
    """This process' environment without what would steer git, obsd or an agent's evidence."""
    steering = ("GIT_", "XDG_", "OBSD_", "CLAUDE", "CODEX_", "COPILOT_", "GEMINI_", "CURSOR_")
    others = {"AI_AGENT", "AGENT", "NOTIFY_SOCKET", "RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CONFIGURATION_DIRECTORY"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(steering) and name not in others}
    return kept | {
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def command(name: str) -> list[str]:
    """How to run `obsd` or `obsctl`: what is installed beside this Python, else the module."""
    installed = _BIN / name
    return [str(installed)] if installed.exists() else [sys.executable, "-m", name]


class Repository:
    """A git working tree with an author of its own and no configuration but its own."""

    def __init__(self, path: Path, environment: Mapping[str, str]) -> None:
        self.path = path
        self.environment = dict(environment)
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Ada Lovelace")
        self.git("config", "user.email", "ada@example.org")
        self.git("config", "commit.gpgsign", "false")

    def git(self, *arguments: str, **environment: str) -> str:
        """Standard output of a git command that must succeed."""
        result = subprocess.run(
            ["git", "-C", str(self.path), *arguments],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        error = result.stderr.decode(errors="replace")
        assert result.returncode == 0, f"git {arguments} failed: {error}"
        return result.stdout.decode(errors="surrogateescape").strip()

    def write(self, name: str, text: str) -> Path:
        """Writes a file, folders included; returns its path."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def commit(self, message: str, **environment: str) -> str:
        """Commits everything; returns the new commit's id."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, **environment)
        return self.git("rev-parse", "HEAD")


class Result:
    """What an obsctl command gave back."""

    def __init__(self, result: subprocess.CompletedProcess[bytes]) -> None:
        self.code = result.returncode
        self.stdout = result.stdout.decode()
        self.stderr = result.stderr.decode()

    @property
    def json(self) -> dict[str, Any]:
        """Its one JSON object, which is as `obsctl schema` says."""
        loaded: dict[str, Any] = json.loads(self.stdout)
        jsonschema.validate(loaded, schema(loaded["kind"]))
        return loaded

    def __repr__(self) -> str:
        return f"exit {self.code}\nstdout: {self.stdout}\nstderr: {self.stderr}"


@functools.cache
def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema that obsctl prints for a kind of object."""
    printed = subprocess.run([*command("obsctl"), "schema", kind], check=True, capture_output=True, text=True).stdout
    loaded: dict[str, Any] = json.loads(printed)
    return loaded


class Daemon:
    """A real `obsd` with folders of its own below `home`, and the commands and scrapes that speak to it."""

    command: Sequence[str] = tuple(command("obsd"))

    def __init__(self, home: Path, configuration: str = "") -> None:
        self.home = home
        self.runtime, self.state, self.etc = home / "run", home / "state", home / "etc"
        for folder in (self.runtime, self.state, self.etc):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.environment = clean_environment(home) | {
            "RUNTIME_DIRECTORY": str(self.runtime),
            "STATE_DIRECTORY": str(self.state),
            "CONFIGURATION_DIRECTORY": str(self.etc),
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.log_file = home / "obsd.log"
        self._metrics_url = ""
        self.configure(configuration)

    def configure(self, toml: str = "", listen: str = "127.0.0.1:0") -> None:
        """Writes obsd.toml; `toml` comes after the [metrics] table that names the address. The page takes any port."""
        text = f'version = 1\n[web]\nlisten = "127.0.0.1:0"\n[metrics]\nlisten = "{listen}"\n{toml}\n'
        (self.etc / "obsd.toml").write_text(text)

    @property
    def socket(self) -> Path:
        """The API's socket."""
        return self.runtime / "obsd.sock"

    @property
    def log(self) -> str:
        """What it wrote to standard error so far."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    @property
    def pid(self) -> int:
        """Its process id; it must have been started."""
        assert self.process is not None
        return self.process.pid

    def start(self, ready: bool = True) -> Daemon:
        """Starts it, and waits until it is ready unless told not to."""
        self._metrics_url = ""
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self) -> None:
        """Returns when it answers and every workspace is watched, degraded or failed."""
        process = self.process
        assert process is not None
        wait_until(lambda: self._answers() or process.poll() is not None, "a daemon that answers")
        assert process.poll() is None, f"it ended with {process.returncode}\nlog: {self.log}"
        with self._client() as client:
            client.await_ready(WAIT_SECONDS)

    def _answers(self) -> bool:
        try:
            api_socket.reach(self.socket)
        except ObsdError:
            return False
        return True

    def stop(self, number: int = signal.SIGTERM, timeout: float = 20) -> int:
        """Ends it by a signal; returns its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            # Its log has then where it stands.
            self.process.send_signal(signal.SIGABRT)
            time.sleep(1)
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it did not end within {timeout:g} s\nlog: {self.log}") from None

    def restart(self, number: int = signal.SIGTERM) -> Daemon:
        """Ends it and starts it again."""
        self.stop(number)
        return self.start()

    def obsctl(self, *arguments: str, timeout: float = 60, **environment: str) -> Result:
        """Runs obsctl for this daemon."""
        return Result(
            subprocess.run(
                [*command("obsctl"), *arguments],
                env=self.environment | environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
                check=False,
            )
        )

    @contextmanager
    def _client(self) -> Iterator[Client]:
        """A client for what a test only needs; what it is about it does as people do, by obsctl."""
        try:
            with Client(self.socket, WAIT_SECONDS) as client:
                yield client
        except ObsdError as error:
            raise AssertionError(f"{error.message}\nlog: {self.log}") from error

    def json(self, *arguments: str) -> dict[str, Any]:
        """The object that an obsctl command prints with --json; it must succeed."""
        result = self.obsctl("--json", *arguments)
        assert result.code == 0, f"{result}\nlog: {self.log}"
        return result.json

    def add(self, path: Path, name: str, *options: str) -> None:
        """Registers a workspace and waits until it is watched."""
        result = self.obsctl("add-workspace", str(path), "--name", name, *options)
        assert result.code == 0, f"{result}\nlog: {self.log}"

    def settle(self, name: str) -> None:
        """Returns when every change made before the call is in the ledger."""
        with self._client() as client:
            client.settle(name)

    def forget_address(self) -> None:
        """The metrics may be served elsewhere: the daemon has started anew by itself."""
        self._metrics_url = ""

    def scrape(self) -> Samples:
        """The metrics, over HTTP."""
        if not self._metrics_url:
            with self._client() as client:
                self._metrics_url = client.status().metrics_url
        with urllib.request.urlopen(self._metrics_url, timeout=10) as answer:
            return Samples(answer.read().decode())

    def wait_for(self, name: str, value: float, **labels: str) -> Samples:
        """The first scrape in which the sum of the matching series is `value`."""

        def reached() -> Samples | None:
            samples = self.scrape()
            return samples if samples.sum(name, **labels) == value else None

        try:
            return wait_until(reached, f"{name}{labels} = {value:g}")
        except AssertionError as error:
            lines = [line for line in self.scrape().text.splitlines() if line.startswith(name)]
            raise AssertionError(f"{error}\n" + "\n".join([*lines, "log:", self.log])) from None


def remove_tree(path: Path) -> None:
    """Removes a folder, also one that a test made unreadable."""
    for folder, _, _ in os.walk(path):
        Path(folder).chmod(0o700)
    shutil.rmtree(path, ignore_errors=True)
