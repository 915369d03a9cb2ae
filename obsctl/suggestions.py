"""What a mistyped word may have meant: the verb, the choice or the option that is most like it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from difflib import get_close_matches

_CHOICE = re.compile(r"invalid choice: '?([^' ]+)'?")
_LEAST_LIKENESS = 0.75
_UNKNOWN = re.compile(r"unrecognized arguments: (--[a-z-]+)")


def for_usage(message: str, parser: argparse.ArgumentParser) -> str:
    """Returns what argparse's message about a wrong word may have meant; empty for nothing that is like it."""
    if found := _CHOICE.search(message):
        return closest(found[1], (name for action in parser._actions for name in action.choices or ()))
    if found := _UNKNOWN.search(message):
        return closest(found[1], _options(parser))
    return ""


def closest(word: str, known: Iterable[str]) -> str:
    """Returns the known word that is most like another; empty for none."""
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=_LEAST_LIKENESS)), "")


def _options(parser: argparse.ArgumentParser) -> list[str]:
    """Returns the options of a parser and of its verbs, of which those with arguments were asked for."""
    options = [option for action in parser._actions for option in action.option_strings]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                options += [option for one in verb._actions for option in one.option_strings]
    return options
