"""A browser without a screen: requests to the page with any headers, and the cookie that a token gives."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.support import Daemon


class Answer:
    """What came back."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.code = response.status
        self.headers = response.headers
        self.text = response.read().decode()


class Page:
    """The page of a daemon, opened by a token."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.url = self.token_url()
        self.address = urlsplit(self.url).netloc
        opened = self.ask(self.path(self.url), cookie="")
        assert opened.code == 303, opened.text
        self.set_cookie = opened.headers["Set-Cookie"]
        self.cookie = self.set_cookie.partition(";")[0]

    def token_url(self) -> str:
        """A new address with a token."""
        result = self.daemon.obsctl("open", "--print")
        assert result.code == 0, result
        return result.stdout.strip()

    @staticmethod
    def path(url: str) -> str:
        """Path and query."""
        parts = urlsplit(url)
        return f"{parts.path}?{parts.query}"

    def ask(self, target: str = "/", method: str = "GET", cookie: str | None = None, **headers: str) -> Answer:
        """The answer to one request; of headers that are not given the usual ones are sent."""
        with self.connection(target, method, cookie, **headers) as response:
            return Answer(response)

    @contextmanager
    def connection(
        self, target: str = "/", method: str = "GET", cookie: str | None = None, **headers: str
    ) -> Iterator[http.client.HTTPResponse]:
        """A request whose answer may go on."""
        own = self.cookie if cookie is None else cookie
        sent = {
            "Host": self.address,
            "Cookie": own,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            connection.request(method, target, headers={name: value for name, value in sent.items() if value})
            with connection.getresponse() as response:
                yield response
        finally:
            connection.close()
