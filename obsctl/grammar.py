"""The command line as data: verbs, options and arguments, read from the argument parser.

For man pages and completions, which it does not format. Any thread.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """An option. `metavar` is empty where it takes no value; `choices` where it takes any."""

    flags: tuple[str, ...]
    help: str
    metavar: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Argument:
    """A positional argument; `count` is argparse's: empty for exactly one, `?`, `*` or `+`."""

    metavar: str
    help: str
    choices: tuple[str, ...] = ()
    count: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A program or one of its verbs. `common` are the options of every verb, `options` the command's own."""

    name: str
    help: str
    options: tuple[Option, ...] = ()
    arguments: tuple[Argument, ...] = ()
    common: tuple[Option, ...] = ()
    verbs: tuple[Command, ...] = ()


def read(parser: argparse.ArgumentParser) -> Command:
    """Returns the whole command line of a program."""
    verbs = tuple(verb for action in parser._actions for verb in _verbs(action))
    return Command(parser.prog, _plain(parser.description, {}), *_parts(parser), verbs)


def _verbs(action: argparse.Action) -> list[Command]:
    if not isinstance(action, argparse._SubParsersAction):
        return []
    helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
    return [Command(name, helps[name], *_parts(parser)) for name, parser in action.choices.items() if name in helps]


def _parts(
    parser: argparse.ArgumentParser,
) -> tuple[tuple[Option, ...], tuple[Argument, ...], tuple[Option, ...]]:
    own: list[Option] = []
    common: list[Option] = []
    arguments: list[Argument] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) or action.help is argparse.SUPPRESS:
            continue
        if action.option_strings:
            (common if _is_common(parser, action) else own).append(_option(action))
        else:
            arguments.append(_argument(action))
    return tuple(own), tuple(arguments), tuple(common)


def _is_common(parser: argparse.ArgumentParser, action: argparse.Action) -> bool:
    return any(group.title == "common options" and action in group._group_actions for group in parser._action_groups)


def _option(action: argparse.Action) -> Option:
    metavar = "" if action.nargs == 0 else _metavar(action)
    return Option(tuple(action.option_strings), _plain(action.help, vars(action)), metavar, _choices(action))


def _argument(action: argparse.Action) -> Argument:
    count = action.nargs if isinstance(action.nargs, str) else ""
    return Argument(_metavar(action), _plain(action.help, vars(action)), _choices(action), count)


def _metavar(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    return "|".join(_choices(action)) or action.dest.upper()


def _choices(action: argparse.Action) -> tuple[str, ...]:
    return tuple(str(choice) for choice in action.choices or ())


def _plain(text: str | None, values: dict[str, object]) -> str:
    return (text or "") % values if values else (text or "")
