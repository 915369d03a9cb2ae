"""Writes the setting that makes an agent send its telemetry here, and undoes it.

Owns how files are edited: other settings stay, a file is replaced atomically, and its earlier content is saved in the
state folder, so that `undo` restores it byte for byte or, if it was changed since, removes the added setting. Runs as
the user of the agent.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from obsctl import jsonc
from obsctl.agent_recipes import Recipe
from obsd.errors import InvalidRequest, NotPermitted, ObsdError
from obsd.host import paths
from obsd.text import printable

BEGIN: Final = "# >>> obsd: telemetry of this agent; `obsctl agents setup NAME --undo` takes it away >>>"
END: Final = "# <<< obsd <<<"


def found(recipe: Recipe, home: Path) -> bool:
    """Returns whether the agent is installed for this user."""
    on_path = any(shutil.which(name) for name in recipe.programs)
    return on_path or any((home / folder).is_dir() for folder in recipe.folders)


def is_on(recipe: Recipe, home: Path) -> bool:
    """Returns whether its setting matches the recipe. A file that cannot be read does not."""
    try:
        text = (home / recipe.file).read_text("utf-8")
        if recipe.values is None:
            return all(line in text.splitlines() for line in recipe.lines)
        loaded = jsonc.load(text)
    except (OSError, ValueError):
        return False
    values = all(jsonc.get(loaded, path) == value for path, value in recipe.values.items())
    return values and all(item in _list(loaded, path) for path, item in recipe.items.items())


def shown(recipe: Recipe) -> str:
    """Returns the setting, as one would write it by hand."""
    if recipe.values is None:
        return "\n".join(recipe.lines)
    whole: dict[str, Any] = {}
    items = {path: [item] for path, item in recipe.items.items()}
    for path, value in {**recipe.values, **items}.items():
        inner = whole
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
        inner[path[-1]] = value
    return json.dumps(whole, indent=2)


def write(recipe: Recipe, home: Path) -> bool:
    """Writes the setting; returns False if it was there. Errors: InvalidRequest (cannot be edited), NotPermitted."""
    if is_on(recipe, home):
        return False
    file = home / recipe.file
    try:
        before = file.read_bytes() if file.exists() else None
        after = _edited(recipe, file, (before or b"").decode("utf-8"))
        _keep(recipe, before, after)
        _replace(file, after.encode("utf-8"))
    except OSError as error:
        raise _unwritable(file, error) from error
    except UnicodeDecodeError as error:
        raise _uneditable(recipe, file, "it is not UTF-8") from error
    return True


def undo(recipe: Recipe, home: Path) -> bool:
    """Undoes the setting; returns False if obsctl wrote none. Errors: InvalidRequest, NotPermitted."""
    kept_file, file = _kept_file(recipe), home / recipe.file
    try:
        kept = json.loads(kept_file.read_text("utf-8"))
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        raise NotPermitted("setup_record", f"{printable(str(kept_file))} cannot be read: {error}") from error
    try:
        now = file.read_text("utf-8") if file.exists() else ""
        if now == kept["after"]:
            _restore(file, kept["before"])
        elif file.exists():
            _replace(file, _taken_out(recipe, file, now, kept["before"]).encode("utf-8"))
        kept_file.unlink()
    except OSError as error:
        raise _unwritable(file, error) from error
    return True


def _edited(recipe: Recipe, file: Path, text: str) -> str:
    if recipe.values is None:
        if recipe.clash and any(line.lstrip().startswith(recipe.clash) for line in text.splitlines()):
            raise _uneditable(recipe, file, f"it has a table {recipe.clash}] of its own")
        gap = "" if not text or text.endswith("\n") else "\n"
        return text + gap + "\n".join((BEGIN, *recipe.lines, END, ""))
    try:
        for path, value in recipe.values.items():
            text = jsonc.put(text, path, value)
        for path, item in recipe.items.items():
            others = _list(jsonc.load(text), path)
            text = text if item in others else jsonc.put(text, path, [*others, item])
    except (jsonc.Unreadable, IndexError) as error:
        raise _uneditable(recipe, file, str(error)) from error
    return text


def _taken_out(recipe: Recipe, file: Path, text: str, before: str | None) -> str:
    """Returns the text of a file that was changed since, without the added setting."""
    if recipe.values is None:
        head, begin, rest = text.partition(BEGIN + "\n")
        _, end, tail = rest.partition(END + "\n")
        return head + tail if begin and end else text
    try:
        original = jsonc.load(before or "")
        loaded = jsonc.load(text)
        for path, value in recipe.values.items():
            if jsonc.get(loaded, path) != value:
                continue  # somebody has set it to something else
            old = jsonc.get(original, path)
            text = jsonc.drop(text, path) if old is None else jsonc.put(text, path, old)
        for path, item in recipe.items.items():
            others = [other for other in _list(loaded, path) if other != item]
            text = jsonc.put(text, path, others) if others else jsonc.drop(text, path)
        for parent in {path[:-1] for path in recipe.values if len(path) > 1}:
            if jsonc.get(jsonc.load(text), parent) == {} and jsonc.get(original, parent) is None:
                text = jsonc.drop(text, parent)
    except (jsonc.Unreadable, IndexError) as error:
        raise _uneditable(recipe, file, str(error)) from error
    return text


def _list(loaded: Any, path: tuple[str, ...]) -> list[Any]:
    found = jsonc.get(loaded, path)
    return found if isinstance(found, list) else []


def _kept_file(recipe: Recipe) -> Path:
    return paths.state_dir() / "agents" / f"{recipe.agent}.json"


def _keep(recipe: Recipe, before: bytes | None, after: str) -> None:
    kept = _kept_file(recipe)
    paths.make_private(paths.state_dir())
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    if kept.exists():
        # Undo restores what was there before the first write.
        earlier = json.loads(kept.read_text("utf-8"))["before"]
    else:
        earlier = None if before is None else before.decode("utf-8")
    _replace(kept, json.dumps({"before": earlier, "after": after}).encode("utf-8"))


def _restore(file: Path, before: str | None) -> None:
    if before is None:
        file.unlink(missing_ok=True)
    else:
        _replace(file, before.encode("utf-8"))


def _replace(file: Path, content: bytes) -> None:
    """Replaces a file atomically, at the target of a link, with its earlier mode (0600 for a new file)."""
    target = Path(os.path.realpath(file))
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(handle, "wb") as stream:
            stream.write(content)
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _uneditable(recipe: Recipe, file: Path, why: str) -> ObsdError:
    return InvalidRequest(
        "setting_uneditable",
        f"{printable(str(file))} was not changed: {printable(why)}",
        f"`obsctl agents setup {recipe.agent}` shows what to write into it by hand",
    )


def _unwritable(file: Path, error: OSError) -> ObsdError:
    return NotPermitted("setting_unwritable", f"{printable(str(file))} cannot be written: {error.strerror}")
