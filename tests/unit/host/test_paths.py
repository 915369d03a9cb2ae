"""Where things are, and that nobody else can look in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from obsd.errors import ConfigError, NotPermitted
from obsd.host import paths

VARIABLES = (
    "RUNTIME_DIRECTORY",
    "STATE_DIRECTORY",
    "CONFIGURATION_DIRECTORY",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
    "XDG_CONFIG_HOME",
    "OBSD_SOCKET",
    "TMPDIR",
)


@pytest.fixture
def set_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return monkeypatch


def test_the_first_variable_that_is_set_decides(set_variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert paths.runtime_dir() == Path(f"/tmp/obsd-{os.getuid()}")
    assert paths.state_dir() == tmp_path / ".local/state/obsd"
    assert paths.default_config_file() == tmp_path / ".config/obsd/obsd.toml"
    for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        set_variables.setenv(name, "/x")
    assert paths.runtime_dir() == paths.state_dir() == Path("/x/obsd")
    assert paths.default_config_file() == Path("/x/obsd/obsd.toml")
    for name in ("RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CONFIGURATION_DIRECTORY"):
        set_variables.setenv(name, "/y:/z")
    assert paths.runtime_dir() == paths.state_dir() == Path("/y")
    assert paths.default_config_file() == Path("/y/obsd.toml")


def test_relative_and_empty_variables_do_not_count(set_variables: pytest.MonkeyPatch) -> None:
    set_variables.setenv("XDG_RUNTIME_DIR", "here")
    set_variables.setenv("RUNTIME_DIRECTORY", "")
    assert paths.runtime_dir() == Path(f"/tmp/obsd-{os.getuid()}")


def test_a_configuration_that_is_not_there_is_none_unless_it_was_named(
    set_variables: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert paths.config_file(None) is None
    assert paths.config_file("/nowhere/obsd.toml") == Path("/nowhere/obsd.toml")
    set_variables.setenv("CONFIGURATION_DIRECTORY", str(tmp_path))
    (tmp_path / "obsd.toml").touch()
    assert paths.config_file(None) == tmp_path / "obsd.toml"


def test_only_clients_ask_the_variable_for_the_socket(set_variables: pytest.MonkeyPatch) -> None:
    set_variables.setenv("XDG_RUNTIME_DIR", "/x")
    set_variables.setenv("OBSD_SOCKET", "/o.sock")
    assert paths.socket_path() == Path("/o.sock")
    assert paths.socket_path("/e.sock") == paths.daemon_socket_path("/e.sock") == Path("/e.sock")
    assert paths.daemon_socket_path() == Path("/x/obsd/obsd.sock")


def test_a_socket_path_has_107_bytes_at_most(set_variables: pytest.MonkeyPatch) -> None:
    assert paths.socket_path("/" + "é" * 53).is_absolute()
    with pytest.raises(ConfigError) as caught:
        paths.socket_path("/" + "é" * 53 + "x")
    assert caught.value.reason == "socket_path_too_long"
    assert "107" in caught.value.message


def test_a_private_folder_is_made_and_narrowed(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    paths.make_private(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o755)
    with pytest.raises(NotPermitted):
        paths.require_private(folder)
    paths.make_private(folder)
    paths.require_private(folder)


def test_a_shared_folder_is_not_closed_to_the_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(NotPermitted) as caught:
        paths.make_private(tmp_path)
    assert caught.value.reason == "folder_not_private"
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777


def test_a_link_or_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file").touch()
    for name in ("link", "file"):
        with pytest.raises(NotPermitted) as caught:
            paths.make_private(tmp_path / name)
        assert caught.value.reason == "folder_unusable"


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(NotPermitted) as caught:
        paths.make_private(tmp_path)
    assert caught.value.reason == "folder_not_private"


def test_a_client_falls_back_to_the_systems_service_for_its_user(
    set_variables: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_variables.setenv("XDG_RUNTIME_DIR", str(tmp_path / "own"))
    set_variables.setattr(paths, "SYSTEM_RUNTIME", tmp_path / "system")
    own, served = tmp_path / "own/obsd/obsd.sock", paths.system_socket_path()
    assert served is not None
    assert paths.socket_path() == own
    for socket in (served, own):
        socket.parent.mkdir(parents=True, mode=0o700)
        socket.touch()
        assert paths.socket_path() == socket
    assert paths.socket_path("/named") == Path("/named")
    set_variables.setenv("OBSD_SOCKET", "/told")
    assert paths.socket_path() == Path("/told")
    assert paths.daemon_socket_path() == own


def test_a_client_asks_nobody_in_a_folder_that_others_made(set_variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
    set_variables.setenv("TMPDIR", str(tmp_path))
    set_variables.setattr(paths, "SYSTEM_RUNTIME", tmp_path / "system")
    folder = tmp_path / f"obsd-{os.getuid()}"
    assert paths.socket_path() == folder / "obsd.sock"
    folder.mkdir(mode=0o700)
    assert paths.socket_path() == folder / "obsd.sock"
    folder.chmod(0o770)
    with pytest.raises(NotPermitted, match="mode 0770"):
        paths.socket_path()
    folder.chmod(0o700)
    user = os.geteuid()
    with set_variables.context() as somebody:
        somebody.setattr(os, "geteuid", lambda: user + 1)
        with pytest.raises(NotPermitted, match=f"belongs to user {user}") as caught:
            paths.socket_path()
        assert caught.value.exit_code == 77
        assert "--socket" in caught.value.hint
        assert paths.socket_path("/named") == Path("/named")
    (tmp_path / "real").mkdir(mode=0o700)
    folder.rmdir()
    folder.symlink_to("real")
    with pytest.raises(NotPermitted, match="is not a folder"):
        paths.socket_path()


def test_a_folder_of_others_hides_no_service_of_the_system(set_variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
    set_variables.setenv("TMPDIR", str(tmp_path))
    set_variables.setattr(paths, "SYSTEM_RUNTIME", tmp_path / "system")
    (tmp_path / f"obsd-{os.getuid()}").mkdir()
    (tmp_path / f"obsd-{os.getuid()}").chmod(0o777)
    served = paths.system_socket_path()
    assert served is not None
    served.parent.mkdir(parents=True)
    served.touch()
    assert paths.socket_path() == served
