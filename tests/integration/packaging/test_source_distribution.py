"""The source distribution: it has all that a wheel, and the Debian packages, are built from."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PARTS = ("obsd", "obsctl", "proto", "packaging", "docs", "tests", "benchmarks", "stubs", ".ci")
PAGES = ("LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md")
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "Makefile", *PAGES)


def build(kind: str, checkout: Path, destination: Path) -> Path:
    """Runs the build backend as a front end would; the file that it made."""
    code = f"import setuptools.build_meta as b; b.build_{kind}({str(destination)!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [made] = destination.iterdir()
    return made


def test_a_wheel_can_be_built_from_it_alone(short_tmp: Path) -> None:
    pytest.importorskip("grpc_tools")
    copy = short_tmp / "checkout"
    for name in (*PARTS, *FILES):
        copy.mkdir(exist_ok=True)
        subprocess.run(["cp", "-r", str(ROOT / name), str(copy)], check=True)
    for folder in ("sdist", "wheel", "source"):
        (short_tmp / folder).mkdir()
    made = build("sdist", copy, short_tmp / "sdist")
    subprocess.run(["tar", "-xzf", str(made), "-C", str(short_tmp / "source")], check=True)
    [source] = (short_tmp / "source").iterdir()
    for needed in ("packaging/debian/rules", "packaging/systemd/obsd.service", "Makefile", "docs/security.md"):
        assert (source / needed).is_file()
    assert not list(source.rglob("*_pb2.py"))
    with zipfile.ZipFile(build("wheel", source, short_tmp / "wheel")) as archive:
        names = set(archive.namelist())
    assert {"obsd/v1/commit_pb2_grpc.py", "obsd/git/hook.sh", "obsctl/py.typed"} <= names
