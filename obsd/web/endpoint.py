"""Keeps the page served as the configuration has it, and gives its address with a token.

Owns the warnings about an address that cannot be had. On the event loop.
"""

from __future__ import annotations

import asyncio
import errno
import time
from pathlib import Path

from obsd.api.daemon_protocol import DaemonPort
from obsd.config import WebConfig
from obsd.errors import Unavailable
from obsd.http.connection import Limits
from obsd.http.kept_listener import RETRY_SECONDS, KeptListener
from obsd.tasks.supervision import spawn
from obsd.web import secret, templates
from obsd.web.keys import TOKEN_SECONDS, Keys
from obsd.web.server import PageServer

LIMITS = Limits(connections=96, idle_seconds=60.0)


class PageEndpoint:
    """The page of a daemon; `secret_file` is where the secret of its cookies is kept."""

    def __init__(self, daemon: DaemonPort, secret_file: Path, limits: Limits = LIMITS) -> None:
        self._daemon = daemon
        self._secret_file = secret_file
        self._limits = limits
        self._keys: Keys | None = None
        self._listen = ""
        self._kept: KeptListener[PageServer] = KeptListener("for browsers", self._report)

    @property
    def url(self) -> str:
        """Where the page is; empty while it is not served."""
        return self._kept.present.url if self._kept.present is not None else ""

    async def apply(self, config: WebConfig) -> None:
        """Serves as `config` says."""
        if self._kept.present is not None and config.listen == self._listen:
            return
        self._listen = config.listen
        if not config.listen:
            await self._kept.end()
            return
        if self._keys is None:
            self._keys = Keys(await asyncio.to_thread(secret.load, self._secret_file))
        keys = self._keys
        await self._kept.begin(lambda: PageServer(self._daemon, keys, config.listen, self._limits))

    def address(self, user: int) -> tuple[str, float]:
        """Returns the page's address with a token for a user of the machine, and for how many seconds it is good.

        Errors: Unavailable (page_not_served).
        """
        if self._keys is None or not self.url:
            raise Unavailable(
                "page_not_served",
                f"the page is not served on {self._listen}" if self._listen else "the page is turned off",
                "`obsctl status` says why" if self._listen else "set web.listen and `obsctl reload`",
            )
        # The browser comes in a moment.
        spawn("the preparation of the page", asyncio.to_thread(templates.prepare))
        return f"{self.url}open?token={self._keys.issue(user, time.time())}", TOKEN_SECONDS

    async def stop(self) -> None:
        """Ends serving."""
        await self._kept.end()

    def _report(self, error: OSError | None) -> None:
        taken = error is not None and error.errno == errno.EADDRINUSE
        if error is None or not taken:
            self._daemon.health.clear("web_port_taken")
        if error is None or taken:
            self._daemon.health.clear("web_not_served")
        if taken:
            self._daemon.health.raise_("web_port_taken", listen=self._listen, retry_seconds=RETRY_SECONDS)
        elif error is not None:
            self._daemon.health.raise_("web_not_served", listen=self._listen, error=error.strerror or str(error))
