"""The configuration: what is taken, and what each fault is told as."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from obsd.config import SECTIONS, Config, InvalidConfig, changes, load, plain
from obsd.errors import ConfigError
from obsd.host.addresses import is_loopback, split_address

FAULTS = {
    "unknown section": ("[metric]\n", "metric: unknown key; did you mean metrics?"),
    "unknown key": ('[metrics]\nlisen = "x"\n', "metrics.lisen: unknown key; did you mean metrics.listen?"),
    "a key like no other": ("[ledger]\nzzz = 1\n", "ledger.zzz: unknown key; expected one of retention_days"),
    "not a table": ("metrics = 3\n", "metrics: expected a table, found 3"),
    "a text for a number": (
        '[watch]\nsettle_seconds = "fast"\n',
        'watch.settle_seconds: expected a number from 0.01 to 60, found "fast"',
    ),
    "a truth for a number": (
        "[metrics]\nfiles_per_workspace = true\n",
        "metrics.files_per_workspace: expected a whole number from 0 to 10000, found true",
    ),
    "a fraction for a whole number": (
        "[metrics]\nfiles_per_workspace = 1.5\n",
        "metrics.files_per_workspace: expected a whole number from 0 to 10000, found 1.5",
    ),
    "not a number at all": (
        "[sessions]\nidle_timeout_seconds = nan\n",
        "sessions.idle_timeout_seconds: expected a number from 1 to 86400, found nan",
    ),
    "out of bounds": ("[ledger]\nretention_days = 0\n", "ledger.retention_days: expected a number from 0.01 to 36500"),
    "an unknown word": (
        '[metrics]\nauthors = "all"\n',
        'metrics.authors: expected one of "name", "hashed", "off", found "all"',
    ),
    "an agent without records": (
        '[authors]\nrecords = ["claude"]\n',
        "authors.records: expected a list of claude-code,",
    ),
    "no port": ('[metrics]\nlisten = "localhost"\n', "metrics.listen: expected an address such as"),
    "a port that is none": ('[metrics]\nlisten = "127.0.0.1:65536"\n', "metrics.listen: expected an address such as"),
    "IPv6 without brackets": ('[metrics]\nlisten = "::1:80"\n', "metrics.listen: expected an address such as"),
    "open without a token": ('[metrics]\nlisten = "[::]:80"\n', "it needs metrics.token_file"),
    "a relative web config": ('[metrics]\nweb_config_file = "w"\n', "metrics.web_config_file: expected an absolute"),
    "a relative token file": ('[metrics]\ntoken_file = "t"\n', "metrics.token_file: expected an absolute path"),
    "telemetry open to others": ('[telemetry]\nhttp = "0.0.0.0:4318"\n', "telemetry.http: expected a loopback address"),
    "a page open to others": ('[web]\nlisten = "0.0.0.0:8008"\n', "web.listen: expected a loopback address"),
    "a vendor that is none": ("[usage.copilott]\n", "usage.copilott: unknown key; did you mean usage.copilot?"),
    "vendors as a text": ('usage = "x"\n', "usage: expected [usage.VENDOR] tables, found"),
    "people as a list": ('[usage.copilot]\npeople = ["ada"]\n', "usage.copilot.people: expected a table of names to"),
    "a person of another kind": (
        "[usage.cursor]\npeople = {a = 3}\n",
        "usage.cursor.people: expected a table",
    ),
    "an account of neither kind": (
        '[usage.copilot]\ntoken_file = "/t"\n',
        "usage.copilot: expected either an organization or an enterprise",
    ),
    "an account of both kinds": (
        '[usage.copilot]\ntoken_file = "/t"\norganization = "a"\nenterprise = "b"\n',
        "usage.copilot: expected either an organization or an enterprise",
    ),
    "an account that is a path": (
        '[usage.copilot]\norganization = "a/b"\n',
        "usage.copilot.organization: expected",
    ),
    "a report that is none": (
        '[usage.copilot]\nreports = ["all"]\n',
        "usage.copilot.reports: expected a list",
    ),
    "a vendor without TLS": ('[usage.cursor]\nurl = "http://cursor.com"\n', "usage.cursor.url: expected an https URL"),
    "a switch that is a text": ('[usage.cursor]\ncommits = "yes"\n', "usage.cursor.commits: expected true or false"),
    "delay below settling": ("[watch]\nsettle_seconds = 2\n", "watch.max_delay_seconds: expected no less than"),
    "patterns that are none": ("[watch]\nexclude = [1]\n", "watch.exclude: expected a list of gitignore patterns"),
    "another version": ("version = 2\n", "version: expected 1, found 2"),
    "a rule that is a text": (
        '[rules]\ncommit_lines = "many"\n',
        "rules.commit_lines: expected a number from 0 to 1000000000, true or false",
    ),
    "a switch that is a number": ("[rules]\ntests_with_source = 3\n", "rules.tests_with_source: expected true or"),
    "an agent without an id": ('[[agents]]\nname = "x"\n', "agents[0].id: missing"),
    "an agent twice": ('[[agents]]\nid = "x"\n[[agents]]\nid = "x"\n', 'agents[1].id: "x" is there twice'),
    "a bad expression": ('[[agents]]\nid = "x"\nnames = ["("]\n', "agents[0].names: expected a list of regular"),
    "a variable that is none": ('[[agents]]\nid = "x"\nenv = ["A B"]\n', "agents[0].env: expected"),
    "agents as a table": ('[agents]\nid = "x"\n', "agents: expected [[agents]] tables, found a table"),
    "a workspace's key": ("[workspaces.a]\nrule = 1\n", 'workspaces."a".rule: unknown key; did you mean'),
    "a workspace's rule": ("[workspaces.a.rules]\nzzz = 1\n", 'workspaces."a".rules.zzz: unknown key'),
    "not TOML": ("version = \n", "not TOML: "),
    "not UTF-8": (b"# \xff\n", "byte 2: not UTF-8"),
    "nested too deep": ("a = " + "[" * 5000, "not TOML"),
    "too long": ("#" * (1 << 20) + "\n", "more than 1048576 bytes"),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "obsd.toml"


def write(file: Path, content: str | bytes) -> Path:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


@pytest.mark.parametrize(("content", "told"), FAULTS.values(), ids=FAULTS)
def test_a_fault_names_the_file_the_key_and_what_was_expected(file: Path, content: str | bytes, told: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        load(write(file, content))
    assert caught.value.message.startswith(f"{file}: {told}") or told in caught.value.message
    assert caught.value.exit_code == 78
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_every_fault_of_a_file_is_told(file: Path) -> None:
    with pytest.raises(InvalidConfig) as caught:
        load(write(file, "a = 1\nb = 2\n[watch]\nc = 3\n"))
    assert [problem.split(": ")[1] for problem in caught.value.problems] == ["a", "b", "watch.c"]
    assert caught.value.message.endswith("(and 2 more)")


def test_a_hostile_key_cannot_forge_a_line(file: Path) -> None:
    with pytest.raises(InvalidConfig) as caught:
        load(write(file, '"a\\nhint: run rm\\u001b[2J" = 1\n'))
    assert caught.value.message.isprintable()


def test_a_file_that_cannot_be_read_is_an_error(file: Path) -> None:
    for place in (file, file.parent):
        with pytest.raises(ConfigError) as caught:
            load(place)
        assert caught.value.reason == "config_unreadable"


def test_no_file_is_all_defaults_and_so_is_an_empty_one(file: Path) -> None:
    assert plain(load(None)) == plain(load(write(file, ""))) == plain(load(write(file, "version = 1\n")))


def test_what_the_documentation_says_is_what_is_read(file: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
    example = text.split("```toml\n", 1)[1].split("```", 1)[0]
    assert plain(load(write(file, example))) == plain(Config())
    known = plain(Config())
    assert isinstance(known, dict)
    named = tomli.loads(example)
    for section, keys in known.items():
        assert section in ("version", "agents", "workspaces") or named[section].keys() == keys.keys(), section


@pytest.mark.parametrize("section", sorted(set(SECTIONS) - {"version", "agents", "workspaces"}))
def test_every_section_is_read(file: Path, section: str) -> None:
    file.write_text(f"[{section}]\nnothing_of_the_sort = 1\n")
    with pytest.raises(InvalidConfig, match=f"{section}.nothing_of_the_sort: unknown key"):
        load(file)


def test_agents_are_read_in_the_terms_of_the_table(file: Path) -> None:
    text = '[[agents]]\nid = "mine"\nenv = { MINE = "", MODE = "agent" }\n[[agents]]\nid = "b"\nenv = ["B"]\n'
    first, second = load(write(file, text)).agents
    assert first.env == (("MINE", None), ("MODE", "agent"))
    assert second.env == (("B", None),)


def test_rules_hold_for_a_workspace_and_its_worktrees(file: Path) -> None:
    text = "[rules]\ncommit_lines = 7\ncommits_behind = false\n[workspaces.a.rules]\ncommit_lines = true\n"
    config = load(write(file, text))
    assert config.rules_for("b").limits()["commit_lines"] == 7
    assert config.rules_for("a").limits()["commit_lines"] == config.rules_for("a/tree").limits()["commit_lines"] == 500
    assert config.rules_for("a").limits()["commits_behind"] is False


def test_changes_name_each_key_with_both_values(file: Path) -> None:
    new = load(write(file, "[watch]\nsettle_seconds = 0.2\n[workspaces.a.rules]\ncommit_lines = 7\n"))
    lines = changes(Config(), new)
    assert lines["watch.settle_seconds"] == "watch.settle_seconds: 0.1 -> 0.2"
    assert "workspaces.a.rules.commit_lines" in lines
    assert changes(new, new) == {}


@pytest.mark.parametrize(
    ("text", "host", "port", "loopback"),
    [
        ("127.0.0.1:0", "127.0.0.1", 0, True),
        ("127.8.0.1:80", "127.8.0.1", 80, True),
        ("[::1]:80", "::1", 80, True),
        ("localhost:80", "localhost", 80, True),
        (":80", "", 80, False),
        ("[::]:80", "::", 80, False),
        ("10.0.0.1:80", "10.0.0.1", 80, False),
        ("example.org:80", "example.org", 80, False),
    ],
)
def test_addresses(text: str, host: str, port: int, loopback: bool) -> None:
    assert split_address(text) == (host, port)
    assert is_loopback(host) is loopback


@given(st.binary(max_size=200))
def test_any_bytes_are_a_configuration_or_a_clear_error(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as stream:
        stream.write(content)
        stream.flush()
        told = ""
        try:
            load(Path(stream.name))
        except InvalidConfig as error:
            told = error.message
        assert told.isprintable()


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "socket", "large"])
def test_what_is_no_small_file_is_an_error_at_once(short_tmp: Path, kind: str) -> None:
    path = short_tmp / "obsd.toml"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(path))
    else:
        with path.open("wb") as file:
            file.truncate(1 << 30)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert caught.value.exit_code == 78
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_a_change_shows_no_password(tmp_path: Path) -> None:
    file = tmp_path / "obsd.toml"
    file.write_text('version = 1\n[telemetry]\nforward = "http://ada:secret@collector:4318"\n')
    [line] = changes(Config(), load(file)).values()
    assert "secret" not in line
    assert "collector:4318" in line
