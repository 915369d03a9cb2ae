"""The contents that files had at the last scan, as far as memory allows: what the next change is measured against.

Least recently used content goes first. What is gone here may still be in the repository (`GitIndex.blob`); where
it is not, the change counts and its lines are unmeasured, for want of a baseline.
"""

from __future__ import annotations

from collections import OrderedDict

_OVERHEAD_BYTES = 200
"""What an entry costs beside its content: the path, the bytes object, the place in the dictionary."""


class Baselines:
    """The baseline cache: contents by path, at most `budget_bytes` together."""

    def __init__(self, budget_bytes: int) -> None:
        self.budget_bytes = budget_bytes
        self.used_bytes = 0
        self._by_path: OrderedDict[str, bytes] = OrderedDict()

    @property
    def full(self) -> bool:
        return self.used_bytes >= self.budget_bytes

    def get(self, path: str) -> bytes | None:
        data = self._by_path.get(path)
        if data is not None:
            self._by_path.move_to_end(path)
        return data

    def put(self, path: str, data: bytes) -> None:
        self.drop(path)
        self._by_path[path] = data
        self.used_bytes += len(data) + _OVERHEAD_BYTES
        while self.used_bytes > self.budget_bytes and self._by_path:
            _, evicted = self._by_path.popitem(last=False)
            self.used_bytes -= len(evicted) + _OVERHEAD_BYTES

    def drop(self, path: str) -> None:
        data = self._by_path.pop(path, None)
        if data is not None:
            self.used_bytes -= len(data) + _OVERHEAD_BYTES
