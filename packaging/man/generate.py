"""Owns the man pages: makes them from the argument parsers, the metric table and the configuration's sections.

`python packaging/man/generate.py FOLDER` writes obsd.8, obsd-writers.8, obsctl.1, obsd.toml.5 and obsd-metrics.7. What
a page says of an option, a metric or a key is said elsewhere, once; only the words around it are here. Not used at run
time.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from obsctl import grammar  # noqa: E402  (found by the line above)
from obsctl.cli import build_parser  # noqa: E402
from obsd import __version__  # noqa: E402
from obsd.__main__ import _parser as daemon_parser  # noqa: E402
from obsd.config import AgentConfig, Config  # noqa: E402
from obsd.config_fields import Kind  # noqa: E402
from obsd.rules.registry import RULES  # noqa: E402
from obsd.views.metrics.catalog import FAMILIES  # noqa: E402
from obsd.writers import helper, helper_server, policy  # noqa: E402
from obsd.writers.handover import SOCKET_PATH  # noqa: E402

EXIT_CODES = (
    ("0", "done"),
    ("1", "failed, or a check failed"),
    ("2", "usage"),
    ("3", "the daemon does not answer"),
    ("4", "no such workspace"),
    ("69", "timeout"),
    ("70", "internal error; the traceback is in a file, whose path is printed"),
    ("77", "no permission"),
    ("78", "configuration error"),
    ("130", "interrupted"),
)
FILES = (
    ("$XDG_RUNTIME_DIR/obsd/obsd.sock", "the API, for this user alone"),
    ("~/.local/state/obsd/", "the ledger, and the reports of git hooks that wait"),
    ("~/.config/obsd/obsd.toml", "the configuration, see obsd.toml(5)"),
)
ENVIRONMENT = (
    ("OBSD_SOCKET", "the socket that obsctl calls, when --socket does not say"),
    ("OBSD_LOG", "the log level of obsd: debug, info, warning or error"),
    ("RUNTIME_DIRECTORY, XDG_RUNTIME_DIR", "where the socket and the lock are"),
    ("STATE_DIRECTORY, XDG_STATE_HOME", "where the ledger and the spool are"),
    ("CONFIGURATION_DIRECTORY, XDG_CONFIG_HOME", "where obsd.toml is looked for"),
)

Items = Iterable[tuple[str, str]]


def main(argv: list[str]) -> int:
    """Writes all pages into the folder that is named."""
    folder = Path(argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


def pages() -> dict[str, str]:
    """All pages, by file name."""
    made = {"obsd.8": _daemon(), "obsctl.1": _client(), "obsd.toml.5": _configuration(), "obsd-metrics.7": _metrics()}
    made["obsd-writers.8"] = _helper()
    return {name: "\n".join(lines) + "\n" for name, lines in made.items()}


def _daemon() -> Iterator[str]:
    command = grammar.read(daemon_parser())
    yield from _head("obsd", "8", "count what coding agents and people do to repositories")
    yield from _section("SYNOPSIS", [".B obsd", " ".join(f"[{_flag(option)}]" for option in command.options)])
    yield from _section("DESCRIPTION", [_text(command.help)])
    yield from _paragraphs(
        "The package has it as a unit of the user's service manager, which nobody has to be root for:",
        ".RS\n.nf\nsystemctl \\-\\-user enable \\-\\-now obsd\nobsctl add\\-workspace ~/repository\n.fi\n.RE",
        "`loginctl enable-linger` keeps it running while the user is logged out. For shared machines see the package "
        "obsd-system, and security.md in /usr/share/doc/obsd.",
    )
    yield from _section("OPTIONS", _options(command.options))
    yield from _section(
        "SIGNALS",
        _list([("SIGTERM, SIGINT", "end, with everything written"), ("SIGHUP", "read the configuration again")]),
    )
    codes = [("0", "ended as requested"), *(code for code in EXIT_CODES if code[0] in ("2", "70", "77", "78"))]
    yield from _section("EXIT STATUS", _list(codes))
    yield from _section("ENVIRONMENT", _list(ENVIRONMENT))
    yield from _section("FILES", _list(FILES))
    yield from _see_also("obsctl(1), obsd.toml(5), obsd-metrics(7), systemd.service(5)")


def _helper() -> Iterator[str]:
    command = grammar.read(helper.parser())
    yield from _head("obsd-writers", "8", "hand over what names the writers of files")
    yield from _section("SYNOPSIS", [".B obsd-writers", " ".join(f"[{_flag(option)}]" for option in command.options)])
    yield from _section("DESCRIPTION", [_text(command.help)])
    yield from _paragraphs(
        "What it hands over is a fanotify group, with which a user's process can mark folders that it may read, and "
        "then learns which process writes in them; and a socket that reports which process started which. It takes "
        "Linux 5.15 or later, CAP_SYS_ADMIN, and for the socket CAP_NET_ADMIN.",
        "The package starts it by a socket. It ends a minute after the last request; what it handed over stays good.",
        f".RS\n.nf\nusermod \\-aG {policy.GROUP.replace('-', chr(92) + '-')} ann\n.fi\n.RE",
    )
    yield from _section("OPTIONS", _options(command.options))
    yield from _section("POLICY", [])
    yield from _paragraphs(
        f"{policy.PATH} is TOML: groups = [NAMES], users = [NAMES]. Without the file the members of the group "
        f"{policy.GROUP} are allowed. Root always is. A file that others than root can write is not used, and then "
        f"nobody else is. A user is handed at most {helper_server.GROUPS_A_USER} groups while it runs.",
    )
    yield from _section(
        "FILES", _list([(SOCKET_PATH, "the socket"), (str(policy.PATH), "who is allowed, when it is there")])
    )
    yield from _see_also("obsd(8), fanotify(7), systemd.socket(5)")


def _client() -> Iterator[str]:
    command = grammar.read(build_parser())
    yield from _head("obsctl", "1", "look at obsd, and steer it")
    yield from _section("SYNOPSIS", [".B obsctl", "[\\fIoptions\\fR] \\fIverb\\fR [\\fIarguments\\fR]"])
    yield from _section("DESCRIPTION", [_text(command.help)])
    yield from _paragraphs(
        "Data goes to stdout, messages go to stderr. With --json a verb prints one object on one line; its keys are in "
        "obsctl.md in /usr/share/doc/obsd."
    )
    yield ".SH VERBS"
    for verb in command.verbs:
        yield from _verb(verb)
    yield from _section("COMMON OPTIONS", ["They may stand before or behind the verb.", *_options(command.common)])
    yield from _section("EXIT STATUS", _list(EXIT_CODES))
    yield from _section("ENVIRONMENT", _list([ENVIRONMENT[0], ("NO_COLOR", "print without colours")]))
    yield from _section("FILES", _list(FILES))
    yield from _see_also("obsd(8), obsd.toml(5), obsd-metrics(7)")


def _verb(verb: grammar.Command) -> Iterator[str]:
    options = [option for option in verb.options if "--help" not in option.flags]
    arguments = [f"\\fI{_text(argument.metavar)}\\fR" for argument in verb.arguments]
    usage = [f"[{_flag(option)}]" for option in options]
    yield ".SS " + " ".join([f"\\fB{_text(verb.name)}\\fR", *arguments, *usage])
    yield _text(verb.help[:1].upper() + verb.help[1:] + ".")
    yield from _list((argument.metavar, argument.help) for argument in verb.arguments)
    yield from _options(options)


def _configuration() -> Iterator[str]:
    yield from _head("obsd.toml", "5", "the configuration of obsd")
    yield from _section("DESCRIPTION", [])
    yield from _paragraphs(
        "obsd needs no configuration. A file in TOML can set what follows; what it leaves out has its default. "
        "`obsd --check-config` finds every fault in it, `obsctl reload` has a running daemon read it again, and "
        "`obsctl config show` prints all values in force. The file begins with: version = 1"
    )
    described = _described()
    for item in fields(Config):
        if item.name not in ("agents", "workspaces", "found", "path"):
            yield from _tables(item.name, getattr(Config(), item.name), described)
    yield from _tables("workspaces", Config().found, described)
    yield from _section('[workspaces."NAME".rules]', [_text("The keys of [rules], for one workspace.")])
    yield from _section("[[agents]]", ["An agent of your own, or an entry that replaces a known one."])
    yield from _keys("agents", AgentConfig(), described)
    yield from _section("FILES", _list([FILES[2], ("/etc/obsd/", "those of the services of obsd-system")]))
    yield from _see_also("obsd(8), obsctl(1)")


def _tables(name: str, section: object, described: dict[str, str]) -> Iterator[str]:
    """A section with its keys; or one for each table in it."""
    parts = fields(section) if is_dataclass(section) else ()
    if parts and not any("kind" in part.metadata for part in parts):
        for part in parts:
            yield from _tables(f"{name}.{part.name}", getattr(section, part.name), described)
    else:
        yield from _section(f"[{name}]", _keys(name, section, described) if parts else [])


def _keys(section: str, table: object, described: dict[str, str]) -> Iterator[str]:
    def entry(name: str, kind: Kind) -> tuple[str, str]:
        words = described.get(f"{section}.{name}", "")
        takes = f"Takes {kind.expected}; {_toml(getattr(table, name))} unless set."
        return name, f"{words[:1].upper()}{words[1:]}. {takes}" if words else takes

    yield from _list(entry(item.name, item.metadata["kind"]) for item in fields(table))  # type: ignore[arg-type]


def _described() -> dict[str, str]:
    """What docs/configuration.md says beside each key, and the rules of themselves: "section.key" to words."""
    found = {f"rules.{rule.name}": f"broken when {rule.about}" for rule in RULES}
    section = ""
    for line in (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"\[+([\w.]+)\]+", line):
            section = heading[1]
        elif key := re.match(r"(\w+) = .*?\s{2,}# (.*)$", line):
            found.setdefault(f"{section}.{key[1]}", key[2].strip())
    return found


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _metrics() -> Iterator[str]:
    yield from _head("obsd-metrics", "7", "the metrics that obsd serves to Prometheus")
    yield from _section("DESCRIPTION", [])
    yield from _paragraphs(
        "All are served at /metrics, on 127.0.0.1:8000 unless configured, and printed by `obsctl metrics`. Each has "
        "the label workspace, but those of the daemon itself. metrics.md in /usr/share/doc/obsd says what can be "
        "relied on."
    )
    yield ".SH METRICS"
    for family in FAMILIES:
        labels = family.labels if family.daemon else ("workspace", *family.labels)
        kind = f"{family.kind}; {', '.join(labels) or 'no labels'}"
        buckets = " Buckets: " + ", ".join(f"{bound:g}" for bound in family.buckets) + "." if family.buckets else ""
        yield from _list([(f"{family.name} ({kind})", family.help + buckets)])
    yield from _see_also("obsd(8), obsctl(1), prometheus(1)")


def _head(name: str, section: str, purpose: str) -> Iterator[str]:
    yield '.\\" Made from the program itself; do not edit.'
    yield f'.TH "{_text(name.upper())}" "{section}" "" "obsd {__version__}" "obsd"'
    yield ".SH NAME"
    yield f"{_text(name)} \\- {_text(purpose)}"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f".SH {_text(title)}"
    yield from lines


def _see_also(names: str) -> Iterator[str]:
    yield from _section("SEE ALSO", [re.sub(r"([\w.\\-]+)(\(\d\))", r"\\fB\1\\fR\2", _text(names))])


def _paragraphs(*texts: str) -> Iterator[str]:
    for text in texts:
        yield ".PP"
        yield text if text.startswith(".") else _text(text)


def _options(options: Iterable[grammar.Option]) -> Iterator[str]:
    for option in options:
        yield ".TP"
        yield ", ".join(_flag(grammar.Option((flag,), "", option.metavar)) for flag in option.flags)
        words = option.help[:1].upper() + option.help[1:] + "."
        yield _text(words + (f" One of {', '.join(option.choices)}." if option.choices else ""))


def _list(items: Items) -> Iterator[str]:
    for term, words in items:
        yield f".TP\n.B {_text(term)}"
        yield _text(words[:1].upper() + words[1:] + ("" if words.endswith(".") else "."))


def _flag(option: grammar.Option) -> str:
    flag = f"\\fB{_text(option.flags[-1])}\\fR"
    return f"{flag} \\fI{_text(option.metavar)}\\fR" if option.metavar else flag


def _text(text: str) -> str:
    """Text for troff: nothing in it is a request or an escape, and a hyphen can be pasted into a shell."""
    for char, escaped in (("\\", "\\e"), ("-", "\\-"), ("~", "\\(ti"), ("^", "\\(ha"), ("`", "\\(ga"), ('"', "\\(dq")):
        text = text.replace(char, escaped)
    return f"\\&{text}" if text.startswith((".", "'")) else text


if __name__ == "__main__":
    sys.exit(main(sys.argv))
