from collections.abc import Callable, Sequence
from typing import Any

IN_ACCESS: int
IN_ATTRIB: int
IN_CLOSE_NOWRITE: int
IN_CLOSE_WRITE: int
IN_CREATE: int
IN_DELETE: int
IN_DELETE_SELF: int
IN_DONT_FOLLOW: int
IN_EXCL_UNLINK: int
IN_IGNORED: int
IN_ISDIR: int
IN_MASK_ADD: int
IN_MODIFY: int
IN_MOVED_FROM: int
IN_MOVED_TO: int
IN_MOVE_SELF: int
IN_ONESHOT: int
IN_ONLYDIR: int
IN_OPEN: int
IN_Q_OVERFLOW: int
IN_UNMOUNT: int
ALL_EVENTS: int

class PyinotifyError(Exception): ...
class NotifierError(PyinotifyError): ...

class WatchManagerError(Exception):
    wmd: dict[str, int]
    def __init__(self, msg: str, wmd: dict[str, int]) -> None: ...

class INotifyWrapper:
    @staticmethod
    def create() -> INotifyWrapper | None: ...
    def get_errno(self) -> int: ...
    def str_errno(self) -> str: ...
    def inotify_init(self) -> int: ...
    def inotify_add_watch(self, fd: int, pathname: str | bytes, mask: int) -> int: ...
    def inotify_rm_watch(self, fd: int, wd: int) -> int: ...

class Watch:
    wd: int
    path: str
    mask: int
    proc_fun: Any
    auto_add: bool
    exclude_filter: Callable[[str], bool]
    dir: bool
    def __init__(
        self,
        wd: int,
        path: str,
        mask: int,
        proc_fun: Any,
        auto_add: bool,
        exclude_filter: Callable[[str], bool] | None,
    ) -> None: ...

class Event:
    name: str
    path: str
    pathname: str
    mask: int
    maskname: str
    wd: int
    dir: bool
    cookie: int

class ProcessEvent:
    def __init__(self, pevent: ProcessEvent | None = None, **kargs: Any) -> None: ...
    def my_init(self, **kargs: Any) -> None: ...

class WatchManager:
    def __init__(self, exclude_filter: Callable[[str], bool] = ...) -> None: ...
    def close(self) -> None: ...
    def get_fd(self) -> int: ...
    def get_watch(self, wd: int) -> Watch | None: ...
    def del_watch(self, wd: int) -> None: ...
    @property
    def watches(self) -> dict[int, Watch]: ...
    def add_watch(
        self,
        path: str | Sequence[str],
        mask: int,
        proc_fun: Any = None,
        rec: bool = False,
        auto_add: bool = False,
        do_glob: bool = False,
        quiet: bool = True,
        exclude_filter: Callable[[str], bool] | None = None,
    ) -> dict[str, int]: ...
    def update_watch(
        self,
        wd: int | Sequence[int],
        mask: int | None = None,
        proc_fun: Any = None,
        rec: bool = False,
        auto_add: bool = False,
        quiet: bool = True,
    ) -> dict[int, bool]: ...
    def get_wd(self, path: str) -> int | None: ...
    def get_path(self, wd: int) -> str | None: ...
    def rm_watch(self, wd: int | Sequence[int], rec: bool = False, quiet: bool = True) -> dict[int, bool]: ...

class Notifier:
    def __init__(
        self,
        watch_manager: WatchManager,
        default_proc_fun: ProcessEvent | None = None,
        read_freq: int = 0,
        threshold: int = 0,
        timeout: int | None = None,
    ) -> None: ...
    def check_events(self, timeout: int | None = None) -> bool: ...
    def read_events(self) -> None: ...
    def process_events(self) -> None: ...
    def loop(self, callback: Callable[[Notifier], bool] | None = None, daemonize: bool = False) -> None: ...
    def stop(self) -> None: ...
