"""Starts every background coroutine, and checks how each one ends.

Owns the references that asyncio does not keep (the loop has only weak ones: a task without a reference may be collected
while it runs), their names, and the restarts of those that must live. On the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

from obsd.errors import ObsdError
from obsd.text import printable

T = TypeVar("T")

FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 60.0
STEADY_SECONDS: Final = 60.0
"""Work that ran for at least so long before it failed is restarted after the shortest pause."""

log = logging.getLogger(__name__)

_running: Final[set[asyncio.Task[Any]]] = set()


def start(name: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Starts work that the caller awaits: an exception is raised there, and not logged here."""
    task = asyncio.create_task(work, name=printable(name))  # noqa: TID251 - the one place
    _running.add(task)
    task.add_done_callback(_running.discard)
    return task


def spawn(name: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Starts work that nobody awaits: a failure is logged with its name."""
    task = start(name, work)
    task.add_done_callback(_log_end)
    return task


def supervise(name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
    """Runs `work()` until it returns or is cancelled.

    A failure is logged, and `work` is called again after a pause that doubles from a second to a minute.
    """
    return start(name, _supervised(name, work))


async def cancel(*tasks: asyncio.Future[Any] | None) -> None:
    """Cancels tasks and returns when they have ended; None: never started."""
    started = [task for task in tasks if task is not None]
    for task in started:
        task.cancel()
    await asyncio.gather(*started, return_exceptions=True)


def log_failure(logger: logging.Logger, what: str, error: BaseException) -> None:
    """Logs an expected error in one line, any other with its traceback."""
    if isinstance(error, ObsdError):
        logger.warning("%s: %s", printable(what), error.message)
    else:
        logger.error("%s: %s", printable(what), type(error).__name__, exc_info=error)


async def _supervised(name: str, work: Callable[[], Awaitable[None]]) -> None:
    pause, loop = FIRST_PAUSE_SECONDS, asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever it is, this work has to go on
            if loop.time() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            log_failure(log, f"{name} failed; restarting in {pause:.0f} s", error)
        else:
            return
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _log_end(task: asyncio.Task[Any]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log_failure(log, f"{task.get_name()} failed", error)
