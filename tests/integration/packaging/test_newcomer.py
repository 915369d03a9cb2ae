"""What a newcomer does first: `make run` for a repository, and packages that are built from the checkout."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.samples import Samples
from tests.support import Repository, command, wait_until

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def output(short_tmp: Path) -> Path:
    """What `make run` shows."""
    return short_tmp / "output"


@pytest.fixture
def run(repository: Repository, short_tmp: Path, output: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`make run` at work on the repository."""
    if len(command("obsd")) > 1:
        pytest.skip("obsd is not installed beside this Python")
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "packaging/dev/run.py"), str(repository.path)],
            env=repository.environment | {"OBSD_RUN_FOLDER": str(short_tmp / "r")},
            stdout=out,
            stderr=out,
        )
    yield process
    if process.poll() is None:
        process.terminate()
        process.wait()


def test_make_run_shows_what_happens_and_leaves_nothing(
    repository: Repository, run: subprocess.Popen[bytes], output: Path
) -> None:
    hooks = sorted((repository.path / ".git/hooks").iterdir())
    wait_until(lambda: "Ctrl-C ends it" in output.read_text() or run.poll() is not None)
    assert run.poll() is None, output.read_text()
    assert sorted((repository.path / ".git/hooks").iterdir()) != hooks
    names = iter(range(10_000))

    def shown() -> bool:
        repository.write(f"shown{next(names)}.py", "x = 1\n")
        return "shown" in output.read_text()

    wait_until(shown, "a new file in the live view")
    repository.commit("feat: show up in the live view")
    wait_until(lambda: "show up in the live view" in output.read_text(), "the commit in the live view")
    [url] = [word for word in output.read_text().split() if word.startswith("http://")]
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert Samples(answer.read().decode()).sum("git_commits_total") == 1
    run.send_signal(signal.SIGINT)
    assert run.wait(30) == 0
    assert sorted((repository.path / ".git/hooks").iterdir()) == hooks
    assert repository.git("status", "--porcelain") == ""
    assert "Traceback" not in output.read_text()


def test_a_wheel_brings_code_for_the_api_of_its_own(short_tmp: Path) -> None:
    pytest.importorskip("grpc_tools")
    # A copy, because a build writes beside what it builds; with a stale module that must not win.
    copy = short_tmp / "checkout"
    subprocess.run(["git", "init", "-q", str(copy)], check=True)
    folders = ("obsd", "obsctl", "proto", "packaging", "docs")
    for name in (*folders, "pyproject.toml", "setup.py", "MANIFEST.in", "README.md"):
        subprocess.run(["cp", "-r", str(ROOT / name), str(copy)], check=True)
    (copy / "obsd/v1/daemon_pb2.py").write_text("raise ImportError('stale')\n")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    built = subprocess.run(
        [*pip, "-w", str(short_tmp), str(copy)],
        env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    [wheel] = short_tmp.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        protos = {path.stem for path in (ROOT / "proto/obsd/v1").glob("*.proto")}
        for kind in ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py"):
            assert {f"obsd/v1/{proto}{kind}" for proto in protos} <= names
        assert b"stale" not in archive.read("obsd/v1/daemon_pb2.py")
        assert {"obsd/py.typed", "obsd/agents/table.json", "obsd/ledger/schema.sql", "obsd/git/hook.sh"} <= names
        assert not [name for name in names if name.startswith(("tests", "packaging", "benchmarks"))]
