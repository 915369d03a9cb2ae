"""The command `obsd`: options, the first checks, then the daemon in the foreground.

Owns the exit code and what is printed before the log starts. Imports nothing heavy: a bad option or configuration must
be reported immediately, and the watchers' fork server must start before gRPC is imported. Main thread.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from obsd import __version__
from obsd.config import Config, InvalidConfig, load
from obsd.errors import ObsdError
from obsd.host import logs, paths
from obsd.text import printable

log = logging.getLogger(__name__)

INTERNAL_ERROR = 70


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs obsd; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        logs.set_up(options.log_level)
        config = load(paths.config_file(options.config))
        if options.check_config:
            return _say_good(config)
        socket = paths.daemon_socket_path(options.socket)
        # Where no process can be started, Python tries fork(2) after vfork(2). gRPC would end its threads before that,
        # start them again after it, and answer nobody until it can.
        os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
        from obsd.daemon.daemon import Daemon
        from obsd.daemon.options import Options
        from obsd.daemon.run import run

        return run(Daemon(config, Options(socket, options.config, options.owned_only)))
    except KeyboardInterrupt:  # before the daemon handles the signal
        return 130
    except InvalidConfig as error:
        for problem in error.problems:
            _say(f"obsd: {problem}")
        _say(f"hint: {error.hint}")
        return error.exit_code
    except ObsdError as error:
        _say(f"obsd: {printable(error.message)}")
        if error.hint:
            _say(f"hint: {printable(error.hint)}")
        return error.exit_code
    except Exception:
        log.exception("internal error: obsd cannot go on")
        return INTERNAL_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="obsd",
        description="Watches workspaces, receives reports of commits and serves both as Prometheus metrics. "
        "It stays in the foreground and logs to stderr; obsctl controls it.",
        allow_abbrev=False,
    )
    parser.add_argument("--config", metavar="FILE", help="the configuration to read (see docs/configuration.md)")
    parser.add_argument("--socket", metavar="PATH", help="the API socket (default: <runtime>/obsd.sock)")
    parser.add_argument(
        "--owned-only", action="store_true", help="refuse folders that belong to another user, readable or not"
    )
    parser.add_argument("--log-level", choices=logs.LEVELS, help="the log level (default: $OBSD_LOG, else info)")
    parser.add_argument(
        "--check-config", action="store_true", help="check the configuration and exit: 0 valid, 78 faulty"
    )
    parser.add_argument("--version", action="version", version=f"obsd {__version__}")
    return parser


def _say_good(config: Config) -> int:
    if config.path is None:
        _say(f"obsd: no configuration file at {printable(str(paths.default_config_file()))}: all defaults")
    else:
        _say(f"obsd: {printable(str(config.path))} is good")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 before the log begins, and in the words of a command


if __name__ == "__main__":
    sys.exit(main())
