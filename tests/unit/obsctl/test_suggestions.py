"""Mistyped words, examples in the help, and questions before what cannot be undone."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from obsctl import cli, confirmation, examples, large_folders, verbs


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["sessionss"], "did you mean `sessions`?"),
        (["sessions", "--agnet", "x"], "did you mean `--agent`?"),
        (["hooks", "uninstall-"], "did you mean `uninstall`?"),
        (["xyzzy"], "`obsctl --help` shows the usage"),
    ],
)
def test_a_mistyped_word_names_the_one_that_was_meant(
    argv: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(argv) == 2
    assert capsys.readouterr().err.endswith(f"hint: {hint}\n")


def test_help_is_a_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["help", "sessions"]) == 0
    assert "usage: obsctl sessions" in capsys.readouterr().out
    assert cli.main(["help"]) == 0
    assert "usage: obsctl [" in capsys.readouterr().out


def test_every_example_is_a_command_line() -> None:
    parser = cli.build_parser()
    shown = 0
    for verb in verbs.VERBS:
        for line in (examples.of(verb) or "").splitlines()[1:]:
            words = line.split("  ")[1].split()[1:]
            assert parser.parse_args(cli.with_verb(words)).verb == verb
            shown += 1
    assert shown > 10


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_only_yes_is_yes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for text, expected in (("y\n", True), ("Yes\n", True), ("\n", False), ("", False), ("yep\n", False)):
        monkeypatch.setattr(sys, "stdin", Terminal(text))
        assert confirmation.agreed("Go on?") is expected
    assert "Go on? [y/N]" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert not confirmation.can_ask(), "nobody is there"


def test_folders_are_counted_as_far_as_one_asks(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / str(number) / "below").mkdir(parents=True)
    (tmp_path / "loop").symlink_to(tmp_path)
    assert large_folders.has_more(str(tmp_path), 9)
    assert not large_folders.has_more(str(tmp_path), 10)
    assert not large_folders.has_more(str(tmp_path / "none"), 0)
