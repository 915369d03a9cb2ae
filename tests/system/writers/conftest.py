"""What the tests of the kernel's source share: a helper as root, readers as an ordinary user, stand-ins for agents."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.system.writers.rig import NOBODY, Agent, Helper, ReaderRig, require_fanotify
from tests.system.writers.scene import Scene


@pytest.fixture
def place(short_tmp: Path) -> Iterator[Path]:
    """A folder of the reader's user, in which all may write what all make."""
    require_fanotify()
    os.chown(short_tmp, NOBODY.pw_uid, NOBODY.pw_gid)
    short_tmp.chmod(0o755)
    mask = os.umask(0)
    yield short_tmp
    os.umask(mask)


@pytest.fixture
def helper(place: Path) -> Iterator[Helper]:
    made = Helper(place).start()
    yield made
    made.stop()


@pytest.fixture
def make_reader(helper: Helper) -> Iterator[Callable[..., ReaderRig]]:
    made: list[ReaderRig] = []

    def make(**options: Any) -> ReaderRig:
        made.append(ReaderRig(helper.socket, **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def work(place: Path) -> Path:
    folder = place / "work"
    folder.mkdir()
    os.chown(folder, NOBODY.pw_uid, NOBODY.pw_gid)
    return folder


@pytest.fixture
def reader(make_reader: Callable[..., ReaderRig], work: Path) -> ReaderRig:
    return make_reader().add(work)


@pytest.fixture
def make_agent(place: Path) -> Iterator[Callable[..., Agent]]:
    made: list[Agent] = []

    def make(name: str, environment: Mapping[str, str] | None = None) -> Agent:
        made.append(Agent(name, place, environment))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def claude(make_agent: Callable[..., Agent]) -> Agent:
    return make_agent("claude")


@pytest.fixture
def make_scene(short_tmp: Path) -> Iterator[Callable[..., Scene]]:
    require_fanotify()
    made: list[Scene] = []

    def make(*, with_helper: bool = True, **options: Any) -> Scene:
        made.append(Scene(short_tmp, with_helper=with_helper, **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    return make_scene()
