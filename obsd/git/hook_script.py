"""The text of obsd's hooks. Owns turning `hook.sh` and the table of agents into a script; pure, any thread."""

from __future__ import annotations

import os
import re
import shlex
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from obsd.agents.table import MAX_MARK_CHARACTERS, SET, AgentTable
from obsd.git.hook_report import PREPARE

MARKER = "obsd hook, version"
"""In every file and block that is obsd's: how it is known again, whatever the version behind it."""

VERSION = 1

BLOCK_BEGIN = f"# begin of {MARKER} {VERSION}: `obsctl hooks uninstall` removes these lines"
BLOCK_END = f"# end of {MARKER} {VERSION}"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def script(hook: str, obsctl: Path, spool: Path, kept: str = "", table: AgentTable | None = None) -> bytes:
    """A whole hook. `kept` is the path, relative to the hook's folder, of an earlier hook that runs behind it."""
    text = _template()
    for name, value in {
        "@MARKER@": f"{MARKER} {VERSION}",
        "@EARLY@": _early(hook, "obsd_skip=1" if kept else "exit 0"),
        "@HOOK@": hook,
        "@SPOOL@": _quoted(spool),
        "@OBSCTL@": _quoted(obsctl),
        "@MARKS@\n": _marks(table or AgentTable.build()),
    }.items():
        text = text.replace(name, value)
    # Paths may hold bytes that are not UTF-8; they came through os.fsdecode.
    return os.fsencode(text + (_behind(kept) if kept else _ALONE))


def block(hook: str) -> bytes:
    """The lines that call obsd's script from somebody else's shell script, whatever its options; they never fail."""
    own = f'"${{0%/*}}/{own_name(hook)}"'
    return f'{BLOCK_BEGIN}\n[ ! -x {own} ] || {own} "$@" </dev/null >/dev/null 2>&1 || :\n{BLOCK_END}\n'.encode()


def own_name(hook: str) -> str:
    """The file name of obsd's script where another hook has the hook's name."""
    return f"obsd-{hook}"


@lru_cache(maxsize=1)
def _template() -> str:
    return files("obsd.git").joinpath("hook.sh").read_text(encoding="ascii")


_ALONE = """obsd_report "$@" </dev/null >/dev/null 2>&1
exit 0
"""


def _early(hook: str, leave: str) -> str:
    """Leaves at the picks of a rebase that runs by itself: it runs the hook for each, and the log has them all.

    Its parent is `git rebase` then; a `git commit` in a rebase that stopped reports as always.
    """
    git = '"${GIT_DIR:-.git}/'
    if hook == "post-applypatch":
        return f'if [ -z "$OBSD_PROBE" ] && [ -f {git}rebase-apply/rebasing" ]; then\n    {leave}\nfi\n'
    if hook not in ("post-commit", PREPARE):
        return ""
    return f"""if [ -z "$OBSD_PROBE" ] && [ -d {git}rebase-merge" ]; then
    IFS= read -r obsd_line <"/proc/$PPID/cmdline"
    case $obsd_line in
        *commit*) ;;
        *rebase*) {leave} ;;
    esac
fi 2>/dev/null
"""


def _behind(kept: str) -> str:
    # In a subshell, so that the earlier hook finds the working folder, umask, locale and options that git gave.
    return f"""[ -n "${{obsd_skip-}}" ] || (obsd_report "$@") </dev/null >/dev/null 2>&1
[ -z "$OBSD_PROBE" ] || exit 0
obsd_kept="${{0%/*}}/"{shlex.quote(kept)}
[ ! -x "$obsd_kept" ] || exec "$obsd_kept" "$@"
exit 0
"""


def _marks(table: AgentTable) -> str:
    return "".join(_mark(name, values) for name, values in table.mark_values().items() if _NAME.fullmatch(name))


def _mark(name: str, values: tuple[str, ...] | None) -> str:
    if values:
        patterns = " | ".join(shlex.quote(value) for value in values)
        return f'    case ${name} in {patterns}) obsd_field mark "{name}=${name}" ;; esac\n'
    if values is None:
        condition = f'[ -z "${name}" ] || [ ${{#{name}}} -gt {MAX_MARK_CHARACTERS} ]'
        return f'    {condition} || obsd_field mark "{name}=${name}"\n'
    return f'    [ -z "${name}" ] || obsd_field mark {name}={SET}\n'


def _quoted(path: Path) -> str:
    return shlex.quote(os.fspath(path))
