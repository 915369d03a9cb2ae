"""The man pages and completions: everything that the program has is in them, in a form that their readers take."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from obsctl import verbs
from obsd.config import plain
from obsd.config_sections import RulesConfig, WatchConfig
from obsd.views.metrics.catalog import FAMILIES

PACKAGING = Path(__file__).resolve().parents[3] / "packaging"


def generator(folder: str) -> ModuleType:
    """The script that makes them; `packaging` is no package, since another one has that name."""
    spec = importlib.util.spec_from_file_location(f"generate_{folder}", PACKAGING / folder / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pages() -> dict[str, str]:
    made: dict[str, str] = generator("man").pages()
    return made


def completions() -> dict[str, str]:
    made: dict[str, str] = generator("completions").completions()
    return made


def test_every_verb_metric_and_key_has_its_lines() -> None:
    plainly = {name: text.replace("\\-", "-") for name, text in pages().items()}
    for verb in verbs.VERBS:
        assert f".SS \\fB{verb}\\fR" in plainly["obsctl.1"]
    for family in FAMILIES:
        assert f".B {family.name} (" in plainly["obsd-metrics.7"]
    for section in (WatchConfig(), RulesConfig()):
        keys = plain(section)
        assert isinstance(keys, dict)
        assert all(f".B {key}\n" in plainly["obsd.toml.5"] for key in keys)


def test_what_the_documentation_says_of_a_key_is_in_the_page() -> None:
    assert "Quiet time before a changed file is compared." in pages()["obsd.toml.5"]


def test_no_text_becomes_a_request_of_troff() -> None:
    requests = {".TH", ".SH", ".SS", ".TP", ".B", ".PP", ".RS", ".RE", ".nf", ".fi", '.\\"'}
    for text in pages().values():
        assert {line.split(" ")[0] for line in text.splitlines() if line.startswith(".")} <= requests
        assert not [line for line in text.splitlines() if line.startswith("'")]


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
def test_man_shows_every_page_without_a_warning(tmp_path: Path) -> None:
    for name, text in pages().items():
        (tmp_path / name).write_text(text)
        command = ["man", "--warnings", "--encoding=UTF-8", "--local-file", str(tmp_path / name)]
        shown = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})
        assert (shown.returncode, shown.stderr) == (0, "")


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("rem", "remove-workspace"),
        ("hooks uni", "uninstall"),
        ("commits --ag", "--agent"),
        ("sessions --agent claude-c", "claude-code"),
        ("--js", "--json"),
    ],
)
def test_bash_completes_verbs_arguments_and_options(typed: str, wanted: str, tmp_path: Path) -> None:
    (tmp_path / "obsctl").write_text(completions()["obsctl"])
    words = f"COMP_WORDS=(obsctl {typed}); COMP_CWORD={len(typed.split())}; _obsctl_complete"
    script = f"source {tmp_path}/obsctl; {words}; echo ${{COMPREPLY[@]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [wanted]


def test_each_shell_has_every_verb() -> None:
    made = completions()
    for name in ("obsctl", "_obsctl", "obsctl.fish"):
        assert all(verb in made[name] for verb in verbs.VERBS)
