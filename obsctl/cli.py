"""The command line: maps arguments to a verb, and every outcome to an exit code.

Only the named verb's arguments are built, and only its module is imported. The help needs no module that runs a verb or
reports a failure, so those are imported when they are needed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Sequence
from typing import NoReturn

from obsctl import examples, verbs
from obsd import __version__
from obsd.errors import ObsdError

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
DEFAULT_VERB = "today"
_WITH_VALUE = ("--socket", "--timeout", "--date", "--workspace")
"""Options before the verb, and of the default verb, whose next word is no verb."""

_EPILOG = (
    "exit codes: 0 done, 1 failed, 2 usage, 3 the daemon does not answer, 4 no such workspace, 69 timeout, "
    "70 internal error, 77 no permission, 78 configuration error, 130 interrupted"
)


class Parser(argparse.ArgumentParser):
    """Reports usage errors like all errors: one line, and a hint."""

    def error(self, message: str) -> NoReturn:
        """Ends with exit code 2."""
        from obsctl import failures, suggestions

        meant = suggestions.for_usage(message, self)
        hint = f"did you mean `{meant}`?" if meant else f"`{self.prog} --help` shows the usage"
        failure = ObsdError("usage", f"{self.prog}: {message}", hint)
        failures.report(failure, "--json" in sys.argv[1:], EXIT_USAGE)
        raise SystemExit(EXIT_USAGE)


def build_parser(configured: Collection[str] | None = None) -> argparse.ArgumentParser:
    """Returns the whole parser; with `configured`, only those verbs have their arguments."""
    parser = Parser(
        prog="obsctl",
        description="Show and control obsd, the daemon that records what happens in repositories.",
        epilog=_EPILOG,
        parents=[_common(None)],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"obsctl {__version__}")
    table = parser.add_subparsers(dest="verb", metavar="VERB", required=True, title="verbs", parser_class=Parser)
    for name, verb in verbs.VERBS.items():
        # The default SUPPRESS: the verb's own default must not undo an option before the verb.
        one = table.add_parser(
            name,
            help=verb.help,
            description=verb.help[0].upper() + verb.help[1:] + ".",
            epilog=examples.of(name),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[_common(argparse.SUPPRESS)],
            allow_abbrev=False,
        )
        if configured is None or name in configured:
            verbs.load(name).configure(one)
    return parser


def _common(default: object) -> Parser:
    common = Parser(add_help=False, allow_abbrev=False)
    flag = False if default is None else default
    group = common.add_argument_group("common options")
    group.add_argument("--socket", metavar="FILE", default=default, help="the daemon's socket")
    group.add_argument(
        "--timeout", metavar="SECONDS", type=_seconds, default=default, help="how long to wait for an answer"
    )
    group.add_argument("--json", action="store_true", default=flag, help="print one JSON object")
    group.add_argument("--no-pager", action="store_true", default=flag, help="print long lists without a pager")
    group.add_argument("--no-color", action="store_true", default=flag, help="print without colours")
    return common


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def main(argv: Sequence[str]) -> int:
    """Runs `argv` (without the program's name); returns the exit code."""
    as_json = "--json" in argv
    argv = with_verb(argv)
    if argv[:1] == ["help"]:
        argv = [*argv[1:2], "--help"]
    try:
        args = build_parser(set(argv) & set(verbs.VERBS)).parse_args(argv)
        as_json = args.json
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        code = _run(args)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_USAGE
    except BrokenPipeError:
        # The reader has closed the pipe. The interpreter flushes stdout once more at its end: redirect that.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - expected or not, each becomes a line, a hint and an exit code
        return _failed(error, as_json)
    return code


def with_verb(argv: Sequence[str]) -> list[str]:
    """Returns arguments with the default verb in front where they name none."""
    words, found = iter(argv), list[str]()
    for word in words:
        if word in ("-h", "--help", "--version"):
            return list(argv)
        if word in _WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            found.append(word)
    return list(argv) if found else [DEFAULT_VERB, *argv]


def _run(args: argparse.Namespace) -> int:
    from obsctl.call import Call

    code = verbs.load(args.verb).run(Call(args))
    sys.stdout.flush()
    return code


def _failed(error: Exception, as_json: bool) -> int:
    from obsctl import failures

    if not isinstance(error, ObsdError):
        return failures.crash(error, as_json)
    failures.report(error, as_json, error.exit_code)
    return error.exit_code
