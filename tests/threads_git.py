"""Git work in threads of the test's own process, with everything sent and taken back as a reader would: for tests of
what asks, which have no use for processes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, TypeVar

from obsd.errors import ObsdError
from obsd.git import means
from obsd.readers import values

T = TypeVar("T")


class ThreadsGit:
    """A `Git` without readers."""

    async def run(self, repository: str, fn: Callable[..., T], *arguments: Any) -> T:
        """The result of `fn`, over the wire's encoding."""
        assert values.name_of(fn)
        sent = json.loads(json.dumps([values.encode(one) for one in arguments]))

        def work() -> Any:
            means.begin("libgit2")
            return json.loads(json.dumps(values.encode(fn(*(values.decode(one) for one in sent)))))

        try:
            return values.decode(await asyncio.to_thread(work))  # type: ignore[no-any-return]
        except ObsdError as error:
            raise values.decode_error(values.encode_error(error)) from None
