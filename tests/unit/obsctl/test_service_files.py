"""`obsctl service`: the unit, man pages and completions go to their places, and no other's file is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from obsctl import service_files
from obsd.errors import NotPermitted, Unavailable
from tests.unit.packaging.test_manual import completions, pages

DAEMON = Path("/opt/venv/bin/obsd")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of what is installed for them alone."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "data"


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_every_file_gets_its_place_and_leaves_it(data: Path) -> None:
    changes = service_files.install(DAEMON)
    assert {change.change for change in changes} == {"written"}
    assert files(data) == [
        *("bash-completion/completions/obsctl", "bash-completion/completions/obsd"),
        *("fish/vendor_completions.d/obsctl.fish", "fish/vendor_completions.d/obsd.fish"),
        *("man/man1/obsctl.1", "man/man5/obsd.toml.5", "man/man7/obsd-metrics.7"),
        *("man/man8/obsd-writers.8", "man/man8/obsd.8", "systemd/user/obsd.service"),
        *("zsh/site-functions/_obsctl", "zsh/site-functions/_obsd"),
    ]
    assert len(changes) == len(pages()) + len(completions()) + 1
    assert {change.change for change in service_files.install(DAEMON)} == {"unchanged"}
    assert {change.change for change in service_files.uninstall()} == {"removed"}
    assert files(data) == []
    assert {change.change for change in service_files.uninstall()} == {"absent"}


@pytest.mark.parametrize(
    ("folder", "line"),
    [
        ("/opt/venv/bin", "ExecStart=/opt/venv/bin/obsd"),
        ("/home/a b/bin", 'ExecStart="/home/a b/bin/obsd"'),
        ("/home/100%/bin", 'ExecStart="/home/100%%/bin/obsd"'),
        ('/home/"q"/bin', 'ExecStart="/home/\\"q\\"/bin/obsd"'),
    ],
)
def test_the_unit_starts_the_program_of_this_installation(data: Path, folder: str, line: str) -> None:
    service_files.install(Path(folder, "obsd"))
    lines = service_files.unit_file().read_text().splitlines()
    assert line in lines
    assert any(one.startswith("ExecReload=") and "obsctl" in one and folder[:6] in one for one in lines)
    assert not [one for one in lines if "/usr/bin/" in one]


def test_a_path_that_cannot_be_printed_is_refused(data: Path) -> None:
    with pytest.raises(Unavailable) as refused:
        service_files.install(Path("/home/a\nb/obsd"))
    assert refused.value.reason == "program_not_found"
    assert files(data) == []


def test_another_ones_file_stays_as_it_is(data: Path, tmp_path: Path) -> None:
    own = service_files.unit_file()
    own.parent.mkdir(parents=True)
    own.write_text("[Service]\nExecStart=/my/own\n")
    link = data / "fish/vendor_completions.d/obsctl.fish"
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "mine.fish")
    for changes in (service_files.install(DAEMON), service_files.uninstall()):
        assert {change.path for change in changes if change.change == "foreign"} == {own, link}
    assert own.read_text() == "[Service]\nExecStart=/my/own\n"
    assert link.is_symlink()
    assert not (tmp_path / "mine.fish").exists()


def test_a_folder_that_is_a_file_is_an_error_with_a_hint(data: Path) -> None:
    data.write_text("")
    with pytest.raises(NotPermitted) as refused:
        service_files.install(DAEMON)
    assert (refused.value.reason, bool(refused.value.hint)) == ("file_not_writable", True)


def test_the_unit_in_the_folder_of_settings_comes_first(data: Path, tmp_path: Path) -> None:
    assert service_files.shadowing() is None
    place = tmp_path / "config/systemd/user/obsd.service"
    place.parent.mkdir(parents=True)
    place.symlink_to("/gone")
    assert service_files.shadowing() == place
