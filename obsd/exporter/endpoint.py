"""Keeps the metrics served as the configuration has it.

Owns the reading of the token, and the warnings about an address that cannot be had. On the event loop.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable

from obsd.config import MetricsConfig
from obsd.exporter.formats import Exposition
from obsd.exporter.scrape_server import ScrapeServer
from obsd.health import Health
from obsd.host.addresses import is_loopback, split_address
from obsd.http.connection import Limits
from obsd.http.kept_listener import RETRY_SECONDS, KeptListener
from obsd.http.server import USUAL_LIMITS

MAX_TOKEN_BYTES = 4096


class MetricsEndpoint:
    """The scrape server of the present configuration; `url` is empty while none serves."""

    def __init__(
        self, exposition: Exposition, ready: Callable[[], bool], health: Health, limits: Limits = USUAL_LIMITS
    ) -> None:
        self._exposition = exposition
        self._ready = ready
        self._limits = limits
        self._health = health
        self._listen = ""
        self._kept: KeptListener[ScrapeServer] = KeptListener("for scrapes", self._report)

    @property
    def url(self) -> str:
        """Where a scrape goes."""
        return self._kept.present.url if self._kept.present is not None else ""

    async def apply(self, config: MetricsConfig) -> None:
        """Serves as `config` says: on another address if it has changed, with the token that its file holds now."""
        try:
            token = self._read_token(config.token_file)
        except (OSError, ValueError) as error:
            # Never open to all when a token was asked for.
            await self._kept.end()
            self._health.raise_("metrics_not_served", listen=config.listen, error=_words(error, config.token_file))
            return
        if self._kept.present is not None and config.listen == self._listen:
            self._kept.present.token = token
            return
        self._listen = config.listen
        if not config.listen:
            await self._kept.end()
            return
        if not token and not is_loopback(split_address(config.listen)[0]):
            raise AssertionError("the configuration lets no open address through")
        await self._kept.begin(lambda: ScrapeServer(self._exposition, self._ready, config.listen, token, self._limits))

    async def stop(self) -> None:
        """Ends serving."""
        await self._kept.end()

    def _report(self, error: OSError | None) -> None:
        taken = error is not None and error.errno == errno.EADDRINUSE
        if error is None or not taken:
            self._health.clear("metrics_port_taken")
        if error is None or taken:
            self._health.clear("metrics_not_served")
        if taken:
            self._health.raise_("metrics_port_taken", listen=self._listen, retry_seconds=RETRY_SECONDS)
        elif error is not None:
            self._health.raise_("metrics_not_served", listen=self._listen, error=_words(error))

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
