"""obsctl's command line: how it is parsed, how it fails, and that it starts quickly. No daemon runs here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from obsctl import cli, verbs
from obsd.errors import ObsdError

HEAVY = ("grpc", "h2", "google.protobuf", "rich", "pygit2", "psutil", "prometheus_client", "sqlite3", "asyncio")


def run(*argv: str, home: Path) -> subprocess.CompletedProcess[str]:
    """obsctl in a process of its own, with no daemon in reach."""
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "XDG_RUNTIME_DIR": str(home)}
    command = [sys.executable, "-m", "obsctl", *argv]
    root = Path(__file__).parents[3]
    return subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("verb", ["", *verbs.VERBS])
def test_help_imports_nothing_heavy(verb: str, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom obsctl import cli\n"
        f"code = cli.main([*{[verb] if verb else []}, '--help'])\n"
        f"print([name for name in {HEAVY} if name in sys.modules], code, file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert result.stderr.strip() == "[] 0"
    assert f"usage: obsctl{' ' + verb if verb else ''}" in result.stdout


def test_every_verb_has_its_module_and_shows_in_the_help() -> None:
    shown = cli.build_parser().format_help()
    for name in verbs.VERBS:
        assert name in shown
        assert callable(verbs.load(name).run)


def test_common_options_stand_before_and_after_the_verb() -> None:
    parser = cli.build_parser()
    before = parser.parse_args(["--json", "--timeout", "3", "--socket", "/s", "--no-color", "status"])
    after = parser.parse_args(["status", "--json", "--timeout", "3", "--socket", "/s", "--no-color"])
    assert vars(before) == vars(after)
    neither = parser.parse_args(["status"])
    assert (neither.json, neither.timeout, neither.socket, neither.no_color) == (False, None, None, False)


@pytest.mark.parametrize(
    "argv",
    [
        ["--date", "someday"],
        ["no-such-verb"],
        ["status", "--no-such-option"],
        ["add-workspace"],
        ["add-workspace", ""],
        ["remove-workspace", ""],
        ["hooks", "install", ""],
        ["commits", "--workspace", ""],
        ["wait", "--settled", ""],
        ["status", "--timeout", "0"],
        ["status", "--timeout", "nan"],
        ["status", "--timeout", "x"],
        ["commits", "--limit", "-1"],
        ["commits", "--since", "someday"],
        ["hooks", "dance"],
        ["config"],
        ["--sock", "/s", "status"],
    ],
)
def test_bad_usage_is_exit_code_2_with_a_hint(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: obsctl")
    assert "\nhint: " in shown.err


def test_bad_usage_with_json_is_an_object(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["obsctl", "--json", "dance"])
    assert cli.main(["--json", "dance"]) == 2
    found = json.loads(capsys.readouterr().err)
    assert (found["kind"], found["reason"], found["exit_code"]) == ("error", "usage", 2)


NEEDING_A_DAEMON = [
    ["status"],
    ["workspaces"],
    ["sessions"],
    ["commits"],
    ["tail"],
    ["metrics"],
    ["reload"],
    ["hooks", "status"],
    ["add-workspace", "."],
    ["remove-workspace", "x"],
]


@pytest.mark.parametrize("argv", NEEDING_A_DAEMON, ids=lambda argv: argv[0])
def test_no_daemon_is_exit_code_3_with_a_hint(
    argv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OBSD_SOCKET", str(tmp_path / "none.sock"))
    assert cli.main(argv) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 2
    assert "no daemon answers" in shown.err
    assert "hint: start it: `systemctl --user start obsd`, or run `obsd`" in shown.err
    assert cli.main([*argv, "--json"]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert json.loads(shown.err) == {
        "schema_version": 1,
        "kind": "error",
        "reason": "no_daemon",
        "message": f"no daemon answers: {tmp_path}/none.sock does not exist",
        "hint": "start it: `systemctl --user start obsd`, or run `obsd` in a terminal",
        "exit_code": 3,
    }


def test_wait_without_a_daemon_is_a_timeout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["wait", "--timeout", "0.1", "--socket", str(tmp_path / "none.sock")]) == 69
    assert "no daemon answers" in capsys.readouterr().err


def test_a_socket_path_that_is_too_long_is_a_configuration_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status", "--socket", "/" + "x" * 120]) == 78
    assert "107" in capsys.readouterr().err


def test_version_needs_no_daemon(tmp_path: Path) -> None:
    result = run("version", "--json", home=tmp_path)
    assert result.returncode == 0
    assert json.loads(result.stdout) == {
        "schema_version": 1,
        "kind": "version",
        "version": json.loads(result.stdout)["version"],
        "daemon_version": None,
    }


def test_an_internal_error_leaves_a_log_and_is_exit_code_70(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))

    def fail(verb: str) -> None:
        raise KeyError("surprise\x1b[31m")

    monkeypatch.setattr(verbs, "load", lambda verb: type("Broken", (), {"configure": fail, "run": fail}))
    assert cli.main(["status"]) == 70
    shown = capsys.readouterr().err
    log = next((tmp_path / "log").iterdir())
    assert str(log) in shown
    assert "\x1b" not in shown
    assert "Traceback" not in shown
    assert "KeyError: 'surprise" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_an_interrupt_is_exit_code_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(call: object) -> int:
        raise KeyboardInterrupt

    module = type("Slow", (), {"configure": lambda parser: None, "run": interrupt})
    monkeypatch.setattr(verbs, "load", lambda verb: module)
    assert cli.main(["status"]) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_that_went_away_is_no_error(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    script = f"{sys.executable} -m obsctl config show | true; exit ${{PIPESTATUS[0]}}"
    result = subprocess.run(
        ["bash", "-c", script],
        env=environment,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_expected_errors_have_the_exit_codes_of_the_contract() -> None:
    kinds: list[type[ObsdError]] = [ObsdError, *ObsdError.__subclasses__()]
    codes = {kind.exit_code for kind in kinds}
    assert codes <= {1, 3, 4, 69, 77, 78}


def test_config_check_and_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "obsd.toml"
    file.write_text('version = 1\n[metrics]\nlisten = "127.0.0.1:9"\n')
    assert cli.main(["config", "check", "--config", str(file)]) == 0
    assert "no faults" in capsys.readouterr().out
    assert cli.main(["config", "show", "--config", str(file), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["kind"], shown["config"]["metrics"]["listen"]) == ("config", "127.0.0.1:9")
    assert cli.main(["config", "show", "--config", str(file)]) == 0
    assert 'listen = "127.0.0.1:9"' in capsys.readouterr().out


def test_what_config_show_prints_is_a_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "obsd.toml"
    file.write_text(
        'version = 1\n[watch]\nexclude = ["a\\"b", "é"]\n[[agents]]\nid = "mine"\nenv = ["MINE"]\n'
        '[workspaces."a/b".rules]\ncommit_lines = 7\n'
    )
    assert cli.main(["config", "show", "--config", str(file)]) == 0
    again = tmp_path / "again.toml"
    again.write_text(capsys.readouterr().out)
    assert cli.main(["config", "check", "--config", str(again)]) == 0, capsys.readouterr().err
    assert cli.main(["config", "show", "--config", str(again), "--json"]) == 0
    second = json.loads(capsys.readouterr().out.splitlines()[-1])["config"]
    assert cli.main(["config", "show", "--config", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["config"] == second


def test_config_with_faults_is_exit_code_78(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "obsd.toml"
    file.write_text("version = 1\n[metrics]\nlissten = 1\nfilenames = 3\n")
    assert cli.main(["config", "check", "--config", str(file)]) == 78
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "lissten" in shown.err
    assert "filenames" in shown.err
    assert str(file) in shown.err
