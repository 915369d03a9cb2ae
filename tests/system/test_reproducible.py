"""The packages are reproducible: two builds of one checkout are the same to the byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.system.conftest import command


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.deb")}


def test_two_builds_are_equal(tools: None, tmp_path: Path) -> None:
    built = []
    for name in ("first", "second"):
        command("packaging/dev/deb.sh", str(tmp_path / name))
        built.append(digests(tmp_path / name))
    assert len(built[0]) == 4
    assert built[0] == built[1]
