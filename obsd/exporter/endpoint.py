"""Keeps the metrics served as the configuration has it.

Owns when a scrape server is begun, ended and tried again, and the reading of the token. A metrics address that
cannot be had is a warning and never the end of the daemon. On the event loop.
"""

from __future__ import annotations

import asyncio
import errno
import os
import stat
from collections.abc import Callable
from functools import partial

from obsd.config import MetricsConfig
from obsd.exporter.scrape_server import ScrapeServer
from obsd.health import Health
from obsd.host.addresses import is_loopback, split_address
from obsd.tasks.supervision import supervise

RETRY_SECONDS = 30.0
MAX_TOKEN_BYTES = 4096


class MetricsEndpoint:
    """The scrape server of the present configuration; `url` is empty while none serves."""

    def __init__(self, exposition: Callable[[], bytes], health: Health) -> None:
        self._exposition = exposition
        self._health = health
        self._listen = ""
        self._server: ScrapeServer | None = None
        self._retrying: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where a scrape goes."""
        return self._server.url if self._server is not None else ""

    async def apply(self, config: MetricsConfig) -> None:
        """Serves as `config` says: on another address if it has changed, with the token that its file holds now."""
        self._stop_retrying()
        try:
            token = self._read_token(config.token_file)
        except (OSError, ValueError) as error:
            # Never open to all when a token was asked for.
            await self._end()
            self._health.clear("metrics_port_taken")
            self._health.raise_("metrics_not_served", listen=config.listen, error=_words(error, config.token_file))
            return
        if self._server is not None and config.listen == self._listen:
            self._server.token = token
        else:
            await self._end()
            await self._begin(config.listen, token)

    async def stop(self) -> None:
        """Ends serving."""
        self._stop_retrying()
        await self._end()

    async def _begin(self, listen: str, token: str) -> None:
        self._listen = listen
        self._health.clear("metrics_not_served")
        self._health.clear("metrics_port_taken")
        if not listen:
            return
        if not token and not is_loopback(split_address(listen)[0]):
            raise AssertionError("the configuration lets no open address through")
        if not await self._try(listen, token):
            self._retrying = supervise("listening for scrapes", partial(self._retry, listen, token))

    async def _try(self, listen: str, token: str) -> bool:
        server = ScrapeServer(self._exposition, listen, token)
        try:
            await server.start()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                self._health.raise_("metrics_port_taken", listen=listen, retry_seconds=RETRY_SECONDS)
            else:
                self._health.raise_("metrics_not_served", listen=listen, error=_words(error))
            return False
        self._server = server
        self._health.clear("metrics_port_taken")
        self._health.clear("metrics_not_served")
        return True

    async def _retry(self, listen: str, token: str) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            if await self._try(listen, token):
                return

    async def _end(self) -> None:
        if self._server is not None:
            await self._server.stop()
            self._server = None

    def _stop_retrying(self) -> None:
        if self._retrying is not None:
            self._retrying.cancel()
            self._retrying = None

    def _read_token(self, path: str) -> str:
        """The token in a file, without the white space around it. Raises OSError and ValueError."""
        self._health.clear("token_file_open")
        if not path:
            return ""
        # O_NONBLOCK: a FIFO is opened at once, and then found to be no file.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise ValueError("not a regular file")
            token = stream.read(MAX_TOKEN_BYTES + 1).decode("ascii").strip()
        if not token or len(token) > MAX_TOKEN_BYTES or not token.isprintable():
            raise ValueError(f"a token has 1 to {MAX_TOKEN_BYTES} printable ASCII characters")
        if mode & 0o044:
            self._health.raise_("token_file_open", path=path)
        return token


def _words(error: OSError | ValueError, path: str = "") -> str:
    words = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    return f"{path}: {words}" if path else words
