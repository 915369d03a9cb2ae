"""obsd with two more signals: SIGUSR1 makes supervised tasks fail, SIGUSR2 writes which of them are at work.

With $FAIL_FORKS the fork server cannot be started again at the first try. Run as a program, in place of `obsd`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from obsd.__main__ import main
from obsd.errors import StoreError
from obsd.http import kept_listener
from obsd.sources.fork_client import ForkClient
from obsd.tasks import supervision

rounds = 0


def at_work() -> dict[str, asyncio.Task[Any]]:
    """The supervised tasks that do their work: they wait for something else than for the end of a pause."""
    found = {}
    for task in asyncio.all_tasks():
        coroutine: Any = task.get_coro()
        if _code(coroutine) == (supervision.__file__, "_supervised") and _code(coroutine.cr_await)[1] != "sleep":
            found[task.get_name()] = task
    return found


def _code(coroutine: Any) -> tuple[str, str]:
    code = getattr(coroutine, "cr_code", None)
    return (code.co_filename, code.co_name) if code is not None else ("", "")


def fail() -> None:
    """Has whatever they wait for end with an error of the ledger: first all but the watchers', then the watchers'.

    Not at once, because a watcher's task takes its heartbeat along.
    """
    global rounds
    rounds += 1
    for name, task in at_work().items():
        # asyncio has no public way to it; a task that is about to go on waits for nothing.
        waiting = getattr(task, "_fut_waiter")  # noqa: B009
        if waiting is not None and name.startswith("the watcher of") == (rounds == 2):
            waiting.set_exception(StoreError("ledger_unwritable", "injected"))


def show() -> None:
    """Writes the names of those that are at work."""
    print("at work:", ", ".join(sorted(at_work())), file=sys.stderr, flush=True)


def on_loop(work: Callable[[], None]) -> Callable[[int, object], None]:
    """A signal handler that has the event loop call `work`."""

    def handler(number: int, frame: object) -> None:
        asyncio.get_running_loop().call_soon_threadsafe(work)

    return handler


def fail_second_start() -> None:
    """Has the fork server start at the first and at the third try alone."""
    starts: list[ForkClient] = []
    start = ForkClient.start

    async def failing(self: ForkClient) -> None:
        starts.append(self)
        if len(starts) == 2:
            raise OSError("injected")
        await start(self)

    ForkClient.start = failing  # type: ignore[method-assign]


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, on_loop(fail))
    signal.signal(signal.SIGUSR2, on_loop(show))
    kept_listener.RETRY_SECONDS = 0.2  # type: ignore[misc]
    if os.environ.get("FAIL_FORKS"):
        fail_second_start()
    sys.exit(main())
