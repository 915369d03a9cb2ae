"""What the doctor says of the user's service manager, from the files that systemd keeps."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from obsctl import service_checks
from obsd.host import paths


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine's folders, with nothing in them."""
    monkeypatch.setattr(service_checks, "SHARED", (tmp_path / "shared",))
    monkeypatch.setattr(service_checks, "LINGER", tmp_path / "linger")
    monkeypatch.setattr(service_checks, "BOOTED", tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("shared", "linger", "config/systemd/user/default.target.wants"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def states(socket: str = "/x/obsd.sock") -> dict[str, str]:
    found = list(service_checks.of_service(Path(socket)))
    assert all(bool(finding.hint) == (finding.state != "ok") for finding in found)
    return {finding.check: finding.state for finding in found}


def test_without_a_unit_nothing_is_said(folder: Path) -> None:
    assert states() == {}


def test_what_is_missing_is_told_with_its_command(folder: Path) -> None:
    (folder / "shared/obsd.service").touch()
    assert states() == {"service": "warn", "linger": "warn"}
    (folder / "config/systemd/user/default.target.wants/obsd.service").symlink_to("/gone")
    (folder / "linger" / getpass.getuser()).touch()
    assert states() == {"service": "ok", "linger": "ok"}


def test_the_systems_own_service_is_another_matter(folder: Path) -> None:
    (folder / "shared/obsd.service").touch()
    assert states(str(paths.system_socket_path())) == {}
