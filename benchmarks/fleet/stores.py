"""A VictoriaMetrics and a vmalert of Debian's, with folders and ports of their own, and queries to them."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START_SECONDS = 60.0


def free_port() -> int:
    """A loopback port that nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def server(program: str, folder: Path, *options: str) -> Iterator[tuple[str, int]]:
    """Runs one of the two; yields its URL and process id."""
    folder.mkdir(parents=True, exist_ok=True)
    url = f"127.0.0.1:{free_port()}"
    with (folder / f"{program}.log").open("wb") as log:
        process = subprocess.Popen(
            [program, f"-httpListenAddr={url}", *options], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        _wait_for(f"http://{url}/health", process)
        yield f"http://{url}", process.pid
    finally:
        process.kill()
        process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{url} does not answer")


def get(url: str, **parameters: str) -> bytes:
    """What is answered to a GET."""
    try:
        with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(parameters)}", timeout=300) as answer:
            found: bytes = answer.read()
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{parameters}: {error.read().decode()[:500]}") from None
    return found


def ask(url: str, path: str, **parameters: str) -> Any:
    """The `data` of an answer of Prometheus' API."""
    return json.loads(get(f"{url}/api/v1/{path}", **parameters))["data"]


def own_metrics(url: str) -> dict[str, float]:
    """The server's own series, each with its labels as they are written."""
    lines = (line.rpartition(" ") for line in get(f"{url}/metrics").decode().splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines if name}


def resident_bytes(pid: int) -> int:
    """The memory that a process holds itself, without cached files."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) * 1024
