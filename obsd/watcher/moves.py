"""Which new path came from which old one: what inotify's cookies tell, until both ends have been looked at."""

from __future__ import annotations

_MOST_COOKIES = 4096


class Moves:
    """Pairs of paths. A chain of moves is one: from where the file was at the last look to where it is now."""

    def __init__(self) -> None:
        self._cookies: dict[int, str] = {}
        self._origins: dict[str, str] = {}
        self._targets: dict[str, str] = {}

    def left(self, cookie: int, path: str) -> None:
        """Something left `path` (IN_MOVED_FROM)."""
        if len(self._cookies) >= _MOST_COOKIES:
            self._cookies.clear()
        self._cookies[cookie] = path

    def arrived(self, cookie: int) -> str | None:
        """From where something came (IN_MOVED_TO); None from outside of what is watched."""
        return self._cookies.pop(cookie, None)

    def pair(self, old: str, new: str) -> None:
        """A file went from `old` to `new`."""
        origin = self._origins.pop(old, old)
        self._forget_target(new)
        if origin == new:
            self._targets.pop(origin, None)
            return
        self._origins[new] = origin
        self._targets[origin] = new

    def target(self, old: str) -> str | None:
        """Where the file that was at `old` went."""
        return self._targets.get(old)

    def take_origin(self, new: str) -> str | None:
        """Where the file at `new` came from; the pair is forgotten."""
        origin = self._origins.pop(new, None)
        if origin is not None and self._targets.get(origin) == new:
            del self._targets[origin]
        return origin

    def clear(self) -> None:
        """Doubt: what the events said is worth nothing any more."""
        self._cookies.clear()
        self._origins.clear()
        self._targets.clear()

    def _forget_target(self, new: str) -> None:
        replaced = self._origins.pop(new, None)
        if replaced is not None:
            self._targets.pop(replaced, None)
