"""Ends waits of libgit2 that would last for ever: it opens what a repository names, and open(2) of a FIFO waits.

Owns the alarm clock of the process (setitimer(2)). libgit2 waits in C, with the interpreter's lock held, so that
neither a thread nor a deadline of our own could end it; but a signal has the system call fail (EINTR), and libgit2
refuses the file. Calls of Python's own are begun again by Python (PEP 475). Main thread of a watcher alone.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

WAIT_SECONDS = 1.0
"""A file that is there is opened in microseconds."""

_TEXT = os.strerror(errno.EINTR)


def install() -> None:
    """The alarm does nothing but interrupt. Once, before anything is opened."""
    signal.signal(signal.SIGALRM, lambda number, frame: None)


@contextmanager
def no_wait_for_ever() -> Iterator[None]:
    """What waits in the kernel in here is interrupted each second."""
    signal.setitimer(signal.ITIMER_REAL, WAIT_SECONDS, WAIT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def again(read: Callable[[], T]) -> T:
    """What `read` returns, begun once more if it was interrupted: a slow disk is not one that never answers."""
    try:
        return read()
    except Exception as error:
        if not ended(error):
            raise
    return read()


def ended(error: BaseException) -> bool:
    """Whether an error of libgit2's is such a wait that was ended."""
    return _TEXT in str(error)
