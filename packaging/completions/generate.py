"""Owns the shell completions: makes them from the argument parsers.

`python packaging/completions/generate.py FOLDER` writes obsd and obsctl (bash), _obsd and _obsctl (zsh), obsd.fish and
obsctl.fish. Names of workspaces are asked of the daemon when they are wanted. Not used at run time.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from obsctl import grammar  # noqa: E402  (found by the line above)
from obsctl.cli import build_parser  # noqa: E402
from obsd.__main__ import _parser as daemon_parser  # noqa: E402
from obsd.agents.table import AgentTable  # noqa: E402
from obsd.authorship.facts import ChangeAttributed  # noqa: E402
from obsd.facts import PERSON, UNKNOWN_AGENT, Fact  # noqa: E402
from obsd.rules.registry import RULES  # noqa: E402

# Names of workspaces are letters and digits of any script, '.', '_', '-' and '/': nothing that a shell minds.
NAMES = 'obsctl --json --timeout 2 workspaces 2>/dev/null | grep -oE \'"name": ?"[^"\\\\]+"\' | cut -d\'"\' -f4'


_AGENTS = [*sorted(agent.id for agent in AgentTable.build(()).agents), PERSON, UNKNOWN_AGENT]

_FACTS: tuple[type[Fact], ...] = (*Fact.__subclasses__(), ChangeAttributed)
_KINDS = sorted({kind.__name__ for kind in _FACTS if kind.recorded})


def main(argv: list[str]) -> int:
    """Writes all completions into the folder that is named."""
    folder = Path(argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in completions().items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


def completions() -> dict[str, str]:
    """All completions, by file name."""
    made = {}
    for command in (grammar.read(daemon_parser()), _with_words(grammar.read(build_parser()))):
        made[command.name] = "\n".join(_bash(command)) + "\n"
        made[f"_{command.name}"] = "\n".join(_zsh(command)) + "\n"
        made[f"{command.name}.fish"] = "\n".join(_fish(command)) + "\n"
    return made


def _with_words(command: grammar.Command) -> grammar.Command:
    """Returns a command whose options for agents, kinds of facts and rules have the words that obsd knows."""
    words = {"--agent": _AGENTS, "--kind": _KINDS, "--rule": [rule.name for rule in RULES]}

    def known(option: grammar.Option) -> grammar.Option:
        found = next((words[flag] for flag in option.flags if flag in words), ())
        return replace(option, choices=tuple(found)) if found and not option.choices else option

    verbs = tuple(replace(verb, options=tuple(map(known, verb.options))) for verb in command.verbs)
    return replace(command, verbs=verbs)


def _values(metavar: str, choices: Iterable[str]) -> str:
    """What completes a value: `words`, `names`, `files` or nothing."""
    if tuple(choices):
        return "words"
    if "NAME" in metavar:
        return "names" if metavar != "NAME|PATH" else "names files"
    return "files" if metavar in ("FILE", "PATH") else ""


def _is_name(option: grammar.Option) -> bool:
    """Whether an option's NAME is one that a workspace has, and not one that it is to get."""
    return "workspace" in option.help or "recorded" in option.help


def _option_values(option: grammar.Option) -> str:
    kind = _values(option.metavar, option.choices)
    return "" if kind == "names" and not _is_name(option) else kind


# bash


def _bash(command: grammar.Command) -> Iterator[str]:
    function = f"_{command.name}_complete"
    yield f"# bash completion for {command.name}; made from the program itself"
    if command.verbs:
        yield f"_{command.name}_names() {{ {NAMES}; }}"
    yield f"{function}() {{"
    yield "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb= word"
    verbs = " ".join(verb.name for verb in command.verbs)
    if verbs:
        yield '    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do'
        yield f'        case " {verbs} " in *" $word "*) verb=$word; break ;; esac'
        yield "    done"
    yield '    case "$verb:$prev" in'
    for verb in command.verbs:
        yield from (line for option in verb.options for line in _bash_value(f"{verb.name}:", option))
    for option in (*command.options, *command.common):
        yield from _bash_value("*:" if command.verbs else ":", option)
    yield "    esac"
    yield '    case "$verb" in'
    for verb in command.verbs:
        flags = " ".join(flag for option in (*verb.options, *verb.common) for flag in option.flags)
        yield f"        {verb.name}) {_bash_reply(flags, verb.arguments)} ;;"
    flags = " ".join(flag for option in (*command.options, *command.common) for flag in option.flags)
    yield f'        *) COMPREPLY=($(compgen -W {shlex.quote(f"{verbs} {flags}".strip())} -- "$cur")) ;;'
    yield "    esac"
    yield "}"
    yield f"complete -o filenames -F {function} {command.name}"


def _bash_value(before: str, option: grammar.Option) -> Iterator[str]:
    if not option.metavar:
        return
    reply = _bash_compgen(_option_values(option), option.choices)
    for flag in option.flags:
        yield f"        {before}{flag}) {reply} return ;;"


def _bash_reply(flags: str, arguments: tuple[grammar.Argument, ...]) -> str:
    choices = tuple(choice for argument in arguments for choice in argument.choices)
    kinds = " ".join(_values(argument.metavar, argument.choices) for argument in arguments)
    return f"if [[ $cur == -* ]]; then {_bash_compgen('words', flags.split())} else {_bash_compgen(kinds, choices)} fi"


def _bash_compgen(kinds: str, words: Iterable[str]) -> str:
    parts = []
    if "words" in kinds:
        parts.append(f'compgen -W {shlex.quote(" ".join(words))} -- "$cur"')
    if "names" in kinds:
        parts.append('compgen -W "$(_obsctl_names)" -- "$cur"')
    if "files" in kinds:
        parts.append('compgen -f -- "$cur"')
    return f"COMPREPLY=($({'; '.join(parts)}));" if parts else "COMPREPLY=();"


# zsh


def _zsh(command: grammar.Command) -> Iterator[str]:
    yield f"#compdef {command.name}"
    yield "# made from the program itself"
    if command.verbs:
        yield f'_{command.name}_names() {{ local -a names; names=(${{(f)"$({NAMES})"}}); compadd -a names }}'
    for verb in command.verbs:
        specs = [*map(_zsh_argument, verb.arguments), *map(_zsh_option, (*verb.options, *verb.common))]
        yield f"_{command.name}_{verb.name.replace('-', '_')}() {{ _arguments -s {' '.join(specs)} }}"
    yield f"_{command.name}() {{"
    specs = [_zsh_option(option) for option in (*command.options, *command.common)]
    if not command.verbs:
        yield f"    _arguments -s {' '.join(specs)}"
    else:
        yield "    local state line; local -a verbs"
        yield "    verbs=(" + " ".join(shlex.quote(f"{verb.name}:{verb.help}") for verb in command.verbs) + ")"
        yield f"    _arguments -C {' '.join(specs)} '1: :->verb' '*:: :->arguments'"
        yield "    case $state in"
        yield "        verb) _describe verb verbs ;;"
        yield f"        arguments) _{command.name}_${{line[1]//-/_}} ;;"
        yield "    esac"
    yield "}"
    yield f'_{command.name} "$@"'


def _zsh_option(option: grammar.Option) -> str:
    value = f":{option.metavar}:{_zsh_action(option)}" if option.metavar else ""
    return shlex.quote(f"{option.flags[-1]}[{_zsh_words(option.help)}]{value}")


def _zsh_argument(argument: grammar.Argument) -> str:
    many = "*" if argument.count in ("*", "+") else ""
    return shlex.quote(f"{many}:{_zsh_words(argument.metavar)}:{_zsh_action(argument)}")


def _zsh_action(item: grammar.Option | grammar.Argument) -> str:
    kinds = _option_values(item) if isinstance(item, grammar.Option) else _values(item.metavar, item.choices)
    if kinds == "words":
        return f"({' '.join(item.choices)})"
    if "names" in kinds:
        return "_obsctl_names" if kinds == "names" else "{ _obsctl_names; _files }"
    return "_files" if kinds == "files" else " "


def _zsh_words(text: str) -> str:
    for char in "\\[]:":
        text = text.replace(char, f"\\{char}")
    return text


# fish


def _fish(command: grammar.Command) -> Iterator[str]:
    yield f"# fish completion for {command.name}; made from the program itself"
    yield f"complete -c {command.name} -f"
    for option in (*command.options, *command.common):
        yield _fish_option(command.name, "", option)
    for verb in command.verbs:
        yield f"complete -c {command.name} -n __fish_use_subcommand -a {verb.name} -d {_fish_words(verb.help)}"
        seen = f"__fish_seen_subcommand_from {verb.name}"
        for option in verb.options:
            yield _fish_option(command.name, seen, option)
        for argument in verb.arguments:
            yield from _fish_argument(command.name, seen, argument)


def _fish_option(name: str, condition: str, option: grammar.Option) -> str:
    parts = [f"complete -c {name}"]
    if condition:
        parts.append(f"-n {_fish_words(condition)}")
    parts += [f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags]
    if option.metavar:
        parts.append("-r")
        parts += _fish_values(_option_values(option), option.choices)
    return " ".join([*parts, f"-d {_fish_words(option.help)}"])


def _fish_argument(name: str, condition: str, argument: grammar.Argument) -> Iterator[str]:
    values = _fish_values(_values(argument.metavar, argument.choices), argument.choices)
    if values:
        yield f"complete -c {name} -n {_fish_words(condition)} " + " ".join(values)


def _fish_values(kinds: str, choices: Iterable[str]) -> list[str]:
    parts = [f"-a {_fish_words(' '.join(choices))}"] if kinds == "words" else []
    if "names" in kinds:
        parts.append(f"-a {_fish_words(f'({NAMES})')}")
    return [*parts, "-F"] if "files" in kinds else parts


def _fish_words(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


if __name__ == "__main__":
    sys.exit(main(sys.argv))
