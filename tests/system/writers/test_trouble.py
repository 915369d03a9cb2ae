"""What can be the matter with the kernel's word on writers, with the real helper: all is shown, nobody is guessed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support import Daemon, wait_until
from tests.system.writers.scene import Scene

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="handing over fanotify groups needs root")


def codes(daemon: Daemon) -> dict[str, str]:
    """The conditions that hold, with their texts."""
    return {one["code"]: one["text"] for one in daemon.json("status")["warnings"]}


def await_code(scene: Scene, code: str) -> str:
    return wait_until(lambda: codes(scene.daemon).get(code), code)


def doctor(scene: Scene) -> dict[str, Any]:
    checks = scene.daemon.obsctl("--json", "doctor").json["checks"]
    found: dict[str, Any] = next(one for one in checks if one["check"] == "authors by writers")
    return found


def reader_of(daemon: Daemon) -> psutil.Process:
    """The process that reads what the kernel says."""
    return next(one for one in psutil.Process(daemon.pid).children(recursive=True) if _reads(one))


def _reads(process: psutil.Process) -> bool:
    folder = Path(f"/proc/{process.pid}/fd")
    return any("fanotify" in os.readlink(one) for one in folder.iterdir())


def await_named(scene: Scene) -> None:
    """Returns when an agent's write is named again; until then it is nobody's."""
    numbers = count(1)

    def named() -> bool:
        path = f"again{next(numbers)}.py"
        scene.shell("claude", f"echo again > {path}")
        [agent] = scene.authors(path)
        assert agent in ("claude-code", "unknown")
        return agent == "claude-code"

    wait_until(named, "an agent's write with its author", timeout=120)


def test_a_queue_that_overflows_leaves_unknown_what_was_written_then(scene: Scene) -> None:
    scene.at_work("claude")
    scene.shell("claude", "echo before > before.py")
    assert scene.authors("before.py") == ["claude-code"]
    reader = reader_of(scene.daemon)
    reader.send_signal(signal.SIGSTOP)
    try:
        scene.shell("xterm", "echo person > lost.py")
        limit = int(Path("/proc/sys/fs/fanotify/max_queued_events").read_text())
        # Many names of one folder, each made and gone: they fill the queue, and are no change.
        scene.at_work("claude").run(
            f"[(open(f'{scene.path}/t{{n}}', 'w').close(), os.unlink(f'{scene.path}/t{{n}}')) for n in range({limit})]"
        )
        scene.shell("xterm", "echo person >> lost2.py")
    finally:
        reader.send_signal(signal.SIGCONT)
    assert "dropped" in await_code(scene, "writers_lost")
    assert set(scene.authors("lost.py") + scene.authors("lost2.py")) <= {"unknown", "person"}
    assert scene.authors("lost2.py") == ["unknown"]
    assert (doctor(scene)["state"], "dropped" in doctor(scene)["text"]) == ("warn", True)
    await_named(scene)


def test_a_helper_that_ends_is_not_missed_until_it_is_needed(scene: Scene) -> None:
    scene.helper.stop()
    scene.shell("claude", "echo one > one.py")
    assert scene.authors("one.py") == ["claude-code"]
    reader_of(scene.daemon).kill()
    wait_until(lambda: "nothing serves" in await_code(scene, "writers_ended"), "the helper missed")
    assert (scene.source()["up"], doctor(scene)["state"]) == (False, "warn")
    scene.shell("claude", "echo two > two.py")
    assert scene.authors("two.py") == ["unknown"]
    scene.helper.start()
    wait_until(lambda: scene.source()["up"], "the helper's descriptors", timeout=90)
    assert "writers_ended" not in codes(scene.daemon)
    await_named(scene)


def test_a_group_that_is_refused_is_shown(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(with_helper=False)
    scene.helper.start(prefix=["setpriv", "--bounding-set", "-sys_admin"])
    scene.daemon.restart()
    assert "CAP_SYS_ADMIN" in await_code(scene, "writers_refused")
    assert (doctor(scene)["state"], bool(doctor(scene)["hint"])) == ("warn", True)
    scene.shell("claude", "echo one > one.py")
    assert scene.authors("one.py") == ["unknown"]


def test_a_connector_that_is_refused_is_shown(make_scene: Callable[..., Scene]) -> None:
    # In a network of its own neither the helper nor the daemon gets one.
    scene = make_scene(with_helper=False)
    scene.helper.start(prefix=["unshare", "--net"])
    scene.daemon.command = ("unshare", "--net", *scene.daemon.command)
    scene.daemon.restart()
    assert "short-lived writers may be unknown" in await_code(scene, "writers_in_part")
    assert (scene.source()["up"], doctor(scene)["state"]) == (True, "warn")
    # Who lives is named all the same.
    scene.at_work("claude").run(f"open('{scene.path}/own.py', 'w').write('x = 1\\n')")
    assert scene.authors("own.py") == ["claude-code"]
