"""Random interleavings of two agents, a person and a service in one tree, against what is known of who did what."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.system.writers.scene import IDS, Scene

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="handing over fanotify groups needs root")

WHO = ("claude", "codex", "xterm", "cron")
FILES = ("a", "b", "c")
Step = tuple[str, str, str, bool]
"""Who, how, which file, and whether all settles afterwards."""

HOW = ("append", "own", "sed", "replace", "remove")
STEPS = st.lists(
    st.tuples(st.sampled_from(WHO), st.sampled_from(HOW), st.sampled_from(FILES), st.booleans()),
    min_size=3,
    max_size=10,
)
COMMITS = st.lists(st.tuples(st.sampled_from(WHO), st.booleans()), min_size=2, max_size=6)
EXAMPLES = settings(max_examples=6, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck))


@pytest.fixture
def numbers() -> Iterator[int]:
    return count(1)


def write(scene: Scene, who: str, how: str, path: str, number: int) -> None:
    """Changes a file, so that its content is another one than ever before."""
    file = scene.path / path
    if how == "own":
        scene.at_work(who).run(f"open({str(file)!r}, 'a').write('{number}\\n')")
    elif how == "remove" and file.exists():
        scene.shell(who, f"rm {path}")
    elif how == "sed" and file.exists():
        scene.shell(who, f"sed -i '$a {number}' {path}")
    elif how == "replace":
        scene.shell(who, f"echo {number} > ../new-{path} && mv ../new-{path} {path}")
    else:
        scene.shell(who, f"echo {number} >> {path}")


@pytest.mark.parametrize("with_helper", [True, False], ids=["helper", "no helper"])
def test_nobody_is_named_who_did_not_write(
    make_scene: Callable[..., Scene], numbers: Iterator[int], with_helper: bool
) -> None:
    scene = make_scene(with_helper=with_helper)
    known, all_changes = 0, 0

    @EXAMPLES
    @given(STEPS)
    def interleave(steps: list[Step]) -> None:
        nonlocal known, all_changes
        example = next(numbers)
        begun = len(scene.changes())
        writers: defaultdict[str, set[str]] = defaultdict(set)
        for who, how, name, settles in (*steps, ("cron", "append", "end", True)):
            path = f"{name}{example}.txt"
            write(scene, who, how, path, next(numbers))
            writers[path].add(IDS[who])
            if not settles:
                continue
            scene.settle()
            found = scene.changes()[begun:]
            begun += len(found)
            for change in found:
                possible = writers[change.path] | {"unknown"}
                alone = sum(other.path == change.path for other in found) == 1
                if len(writers[change.path]) > 1:
                    possible = {"several", "unknown"} if alone else possible | {"several"}
                assert change.agent in possible, (change, writers, steps)
                all_changes += 1
                known += change.agent != "unknown"
            writers.clear()

    interleave()
    assert all_changes > 0
    assert (known > 0) is with_helper


def test_no_commit_is_given_to_who_did_not_make_it(make_scene: Callable[..., Scene], numbers: Iterator[int]) -> None:
    scene = make_scene()
    makers: dict[str, str] = {}

    @EXAMPLES
    @given(COMMITS)
    def interleave(commits: list[tuple[str, bool]]) -> None:
        for who, hooks in commits:
            subject = f"feat: number {next(numbers)}"
            makers[subject] = IDS[who]
            options = "" if hooks else "-c core.hooksPath="
            # Without the marks that would name an agent in the hook's environment.
            scene.at_work(who).shell(f"cd {scene.path} && git {options} commit -q --allow-empty -m '{subject}'")
        for subject, agent, evidence in scene.await_commits(len(makers)):
            assert agent in (makers[subject], "unknown"), (subject, makers[subject], commits)
            assert evidence == ("none" if agent == "unknown" else "writer")

    interleave()
    assert {agent for _, agent, _ in scene.commits()} >= {"person"} & set(makers.values())
