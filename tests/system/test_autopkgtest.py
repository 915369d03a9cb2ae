"""Debian's own autopkgtest runs the package's smoke test on the packages of this checkout, as the archive would.

Its testbed is a tree of Debian with what the package and the test depend on, as a chroot whose changes are thrown away.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.conftest import ROOT, SUITES, command

# apt-utils is of autopkgtest itself: it makes an archive of the packages in the testbed.
NEEDED = (
    *("apt-utils", "curl", "git", "python3", "python3-grpcio", "python3-h2", "python3-jinja2", "python3-protobuf"),
    *("python3-prometheus-client", "python3-psutil", "python3-pygit2", "python3-pyinotify", "python3-rich"),
    "python3-tomli",
)


@pytest.fixture(params=SUITES)
def testbed(request: pytest.FixtureRequest, packages: Path, tmp_path: Path) -> Iterator[Path]:
    """The root of a chroot."""
    if shutil.which("autopkgtest") is None:
        pytest.skip("not installed: apt install autopkgtest")
    tree = command("packaging/dev/tree.sh", request.param, *NEEDED)
    above = tmp_path / "above"
    command("mount", "-t", "tmpfs", "tmpfs", str(tmp_path))
    with contextlib.ExitStack() as mounted:
        mounted.callback(command, "umount", str(tmp_path))
        for folder in ("upper", "work", "root"):
            (above / folder).mkdir(parents=True)
        root = above / "root"
        layers = f"lowerdir={tree},upperdir={above}/upper,workdir={above}/work"
        for options in (
            ("-t", "overlay", "overlay", "-o", layers, str(root)),
            ("-t", "proc", "proc", f"{root}/proc"),
            ("--bind", "/dev", f"{root}/dev"),
        ):
            command("mount", *options)
            mounted.callback(command, "umount", options[-1])
        yield root


def test_autopkgtest_passes(testbed: Path, packages: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "packaging/debian", source / "debian")
    (source / "debian/files").touch()  # what tells a built tree: nothing is to be compiled in the testbed
    package = next(packages.glob("obsd_*.deb"))
    out = tmp_path / "out"
    words = ["autopkgtest", f"--output-dir={out}", "--no-built-binaries", str(package), f"{source}//"]
    result = subprocess.run(
        [*words, "--", "chroot", str(testbed)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert result.returncode == 0, f"{result.stdout[-4000:]}\n{result.stderr[-4000:]}"
    assert (out / "summary").read_text().split() == ["smoke", "PASS"]
    assert "smoke: an edit and a commit were counted" in (out / "smoke-stdout").read_text()
