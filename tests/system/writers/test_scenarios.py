"""Who wrote what: a whole daemon, real programs as writers, with the helper and without it. Right, or unknown."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable

import pytest

from tests.system.writers.scene import ENVIRONMENTS, IDS, Scene

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="handing over fanotify groups needs root")

MANY = 1_000
FORMATTER = "awk '{ sub(/[ \\t]+$/, \"\"); print }' prog.py > prog.py.tmp && mv prog.py.tmp prog.py"


@pytest.fixture(params=[True, False], ids=["helper", "no helper"])
def either(request: pytest.FixtureRequest, make_scene: Callable[..., Scene]) -> tuple[Scene, bool]:
    return make_scene(with_helper=request.param), request.param


def right(found: list[str], true: list[str], with_helper: bool) -> bool:
    """With the helper each answer is right; without it, right or unknown."""
    if with_helper:
        return found == true
    return len(found) == len(true) and all(one in (other, "unknown") for one, other in zip(found, true, strict=True))


def test_who_waits_and_who_has_just_left_wrote_nothing(either: tuple[Scene, bool]) -> None:
    scene, with_helper = either
    scene.at_work("claude")
    scene.shell("xterm", "echo 'by hand' > hand.py")
    assert right(scene.authors("hand.py"), ["person"], with_helper)
    scene.shell("claude", "echo one > claude.py")
    scene.settle()
    scene.leave("claude")
    scene.shell("xterm", "echo 'after it' > after.py")
    assert right(scene.authors("after.py"), ["person"], with_helper)
    assert right(scene.authors("claude.py"), ["claude-code"], with_helper)


def test_an_agent_from_elsewhere_writes_where_another_waits(either: tuple[Scene, bool]) -> None:
    scene, with_helper = either
    scene.at_work("claude")
    scene.at_work("codex").run("os.chdir('/')")
    scene.at_work("codex").run(f"open('{scene.path}/a.py', 'w').write('a = 1\\n')")
    assert right(scene.authors("a.py"), ["codex"], with_helper)


def test_two_agents_in_one_tree_each_have_their_own(either: tuple[Scene, bool]) -> None:
    scene, with_helper = either
    for number in range(5):
        for name in ("claude", "codex", "gemini"):
            scene.shell(name, f"echo {number} > {name}{number}.py")
    scene.settle()
    for change in scene.changes():
        name = change.path.rstrip("0123456789.py")
        assert right([change.agent], [IDS[name]], with_helper), change


@pytest.mark.parametrize("name", ["claude", "xterm", "cron"])
def test_real_programs_write_for_whoever_runs_them(scene: Scene, name: str) -> None:
    scene.repository.write("old.py", "one\ntwo\n")
    scene.repository.commit("chore: a file to patch")
    patch = scene.folder / "patch"
    patch.write_text("--- a/old.py\n+++ b/old.py\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n")
    scene.settle()
    known = len(scene.changes())
    commands = {
        "sed": ("prog.py", "sed -i s/return/yield/ prog.py"),
        "git apply": ("old.py", f"git apply {patch}"),
        "python": ("py.py", "python3 -c \"open('py.py', 'w').write('x = 1\\n')\""),
        "ed": ("ed.py", "printf 'a\\nx = 1\\n.\\nw ed.py\\nq\\n' | ed -s"),
        "vim": ("vim.py", "vim -u NONE -N -es -c 'call setline(1, \"x = 1\")' -c 'wq! vim.py'"),
        "formatter": ("prog.py", FORMATTER),
    }
    for program, (path, command) in commands.items():
        if program != "formatter" and shutil.which(program.split()[0]) is None:
            continue
        if (name, program) == ("cron", "vim"):
            continue  # what runs in an editor without an agent above it is a person's
        before = len(scene.changes())
        if program == "formatter":
            scene.shell(name, "printf 'def one():   \\n    return 1\\n' > prog.py")
            scene.settle()
        scene.shell(name, command)
        scene.settle()
        found = [change for change in scene.changes()[before:] if change.path == path]
        assert found, program
        assert {change.agent for change in found} == {IDS[name]}, (program, found)
    rest = scene.changes()[known:]
    assert {change.agent for change in rest} == {IDS[name]}
    assert {change.evidence for change in rest} == ({"none"} if name == "cron" else {"writer"})


def test_a_thousand_short_lived_writers(either: tuple[Scene, bool]) -> None:
    scene, with_helper = either
    scene.shell("codex", f"i=0; while [ $i -lt {MANY} ]; do cp prog.py f$i.py; i=$((i+1)); done")
    scene.settle()
    found = [change for change in scene.changes() if change.path.startswith("f")]
    assert len(found) == MANY
    assert {change.agent for change in found} <= ({"codex"} if with_helper else {"codex", "unknown"})


def test_two_who_write_one_file_between_two_looks_are_several(scene: Scene) -> None:
    scene.at_work("claude")
    scene.at_work("xterm")
    scene.at_work("claude").run(f"open('{scene.path}/both.py', 'a').write('a = 1\\n')")
    scene.at_work("xterm").run(f"open('{scene.path}/both.py', 'a').write('b = 1\\n')")
    found = scene.authors("both.py")
    assert found in (["several"], ["claude-code", "person"]), found


def test_sessions_are_those_of_the_environment(scene: Scene) -> None:
    for name, variable in (("claude", "CLAUDE_CODE_SESSION_ID"), ("codex", "CODEX_THREAD_ID")):
        # What the environment of a shell says can be read as long as the shell is there.
        scene.shell(name, f"echo 1 > {name}.py; sleep 1")
        scene.settle()
        [change] = [change for change in scene.changes() if change.path == f"{name}.py"]
        assert (change.agent, change.session) == (IDS[name], ENVIRONMENTS[name][variable])


def test_the_rule_of_protected_paths_goes_by_the_kernels_word(scene: Scene) -> None:
    scene.at_work("claude")
    scene.shell("xterm", "echo secret > .env")
    scene.settle()
    assert scene.daemon.obsctl("violations").stderr.startswith("no rule was broken")
    scene.shell("claude", "echo more >> .env")
    scene.settle()
    scene.daemon.wait_for("obsd_rule_broken", 1, rule="protected_paths", workspace="shop")
    [violation] = scene.daemon.json("violations")["violations"]
    assert violation["subject"] == ".env"
    assert violation["detail"] == "matches .env; written by claude-code (writer)"


def test_gits_own_writes_are_nobodys_edits(scene: Scene) -> None:
    scene.shell(
        "claude", "git switch -q -c topic; echo x > t.py; git add t.py; git commit -qm 'feat: t'; git switch -q main"
    )
    scene.settle()
    assert {change.path for change in scene.changes()} <= {"t.py"}
    subprocess.run(["git", "-C", str(scene.path), "fsck", "--no-progress"], check=True, capture_output=True)
