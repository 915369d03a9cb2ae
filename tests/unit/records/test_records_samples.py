"""What the samples of real agents' records are evidence of, tool by tool."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from obsd.facts.records import Tokens
from obsd.line_hashes import content_of, hash_lines
from obsd.records import adapters
from obsd.records.adapters import ADAPTERS
from tests.unit.records.rig import SALT, SAMPLES, install, read_all, reader, sessions, tools

NEW = b"x = 1\ny = 2\nz = 3\n"
ONCE = b"def one():\n    a = 1\n    return a\n\ndef two():\n    return 2\n"
TWICE = ONCE.replace(b"return 2", b"return 22")
WT, FAR, SUB, RESUMED = b"w = 1\nv = 2\n", b"f = 1\n", b"s = 1\n", b"r = 1\nq = 2\n"
FIRST = (("    a = 1", "    return a"), ("    return 1",))
SECOND = (("    return 22",), ("    return 2",))

# For each folder of samples: the files that were written (workspace and name, operation, content where it is known,
# lines where they are known), commands that ran, and those of either that failed.
Lines = tuple[tuple[str, ...], tuple[str, ...]] | None
Expected = tuple[list[tuple[str, str, bytes | None, Lines]], int, int]
EXPECTED: dict[str, Expected] = {
    "claude": (
        [
            ("s1/new.py", "write", NEW, None),
            ("s2/prog.py", "edit", ONCE, FIRST),
            ("s2/prog.py", "edit", TWICE, SECOND),
            ("s6-side/wt.py", "write", WT, None),
            ("s7/far.py", "write", None, None),
            ("s8/sub.py", "write", SUB, None),
            ("s8/resumed.py", "write", RESUMED, None),
        ],
        *(5, 0),
    ),
    "codex": (
        [
            ("s1/new.py", "write", NEW, None),
            ("s2/prog.py", "edit", None, FIRST),
            ("s2/prog.py", "edit", None, SECOND),
        ],
        *(3, 0),
    ),
    "codex-subagent": ([], 0, 0),
    "copilot": (
        [
            ("s2/prog.py", "edit", None, FIRST),
            ("s2/prog.py", "edit", None, SECOND),
            ("s7/far.py", "write", None, None),
            ("s8/sub.py", "write", SUB, None),
            ("s8/resumed.py", "write", RESUMED, None),
        ],
        *(2, 0),
    ),
    "gemini": (
        [
            ("s1/new.py", "write", NEW, None),
            ("s2/prog.py", "edit", ONCE, FIRST),
            ("s2/prog.py", "edit", TWICE, SECOND),
            ("s6-side/wt.py", "write", WT, None),
            ("s7/far.py", "write", None, None),
            ("s8/resumed.py", "write", RESUMED, None),
        ],
        *(5, 0),
    ),
    "gemini-subagent": ([("s8/sub.py", "write", SUB, None)], 0, 0),
    "qwen": (
        [("s1/new.py", "write", NEW, None), ("s7/far.py", "write", None, None), ("s8/sub.py", "write", SUB, None)],
        *(3, 0),
    ),
    "opencode": ([("s1/new.py", "write", NEW, None)], 1, 0),
    "opencode-edit": ([("s2/prog.py", "edit", None, FIRST), ("s2/prog.py", "edit", None, SECOND)], 0, 0),
    "droid": (
        [
            ("s1/new.py", "write", NEW, None),
            ("s2/prog.py", "edit", None, FIRST),
            ("s2/prog.py", "edit", None, SECOND),
            ("s7/far.py", "write", None, None),
            ("s8/resumed.py", "write", RESUMED, None),
        ],
        *(4, 2),
    ),
    "pi": (
        [("s1/new.py", "write", NEW, None), ("s6-side/wt.py", "write", WT, None), ("s7/far.py", "write", None, None)],
        *(5, 2),
    ),
    "cline": (
        [
            ("s1/new.py", "write", b"run", None),
            ("s2/prog.py", "edit", None, FIRST),
            ("s2/prog.py", "edit", None, SECOND),
            ("s7/far.py", "write", None, None),
        ],
        *(3, 1),
    ),
    "cn": (
        [("s1/new.py", "write", NEW, None), ("s6-side/wt.py", "write", WT, None), ("s7/far.py", "write", None, None)],
        *(7, 2),
    ),
}


@pytest.mark.parametrize("folder", sorted(EXPECTED))
def test_samples_give_exactly_their_tools(short_tmp: Path, folder: str) -> None:
    install(short_tmp, folder)
    made = reader(short_tmp)
    ran = tools(read_all(made))
    written, commands, failed = EXPECTED[folder]

    files = sorted((file for tool in ran if tool.ok for file in tool.files), key=lambda file: file.path)
    assert [(file.path, file.kind) for file in files] == sorted(
        ((f"/home/ann/w/{name}", kind) for name, kind, *_ in written), key=lambda item: item[0]
    )
    for (_, _, content, lines), file in zip(sorted(written, key=lambda item: item[0]), files, strict=True):
        if content is not None:
            assert file.content == content_of(content)
        if lines is not None:
            added, removed = lines
            assert file.lines is not None
            assert (file.lines.added, file.lines.removed) == (hash_lines(SALT, added), hash_lines(SALT, removed))
            assert (file.lines_added, file.lines_removed) == (len(added), len(removed))
    assert sum(tool.kind == "shell" for tool in ran) == commands
    assert sum(not tool.ok for tool in ran) == failed
    assert all(tool.session and tool.started <= (tool.ended or 0) for tool in ran)
    assert [count.misread for count in made.understanding.versions(ran[0].agent if ran else "codex")] == [0]


def test_every_folder_of_samples_is_expected() -> None:
    assert sorted(EXPECTED) == sorted(path.name for path in SAMPLES.iterdir())


# Tokens that were spent (input and output), as the agents' own reports and the model that answered them have it.
TOKENS = {
    "claude": (2300, 460),
    "codex": (1000, 200),
    "copilot": (1500, 300),
    "gemini": (2000, 400),
    "gemini-subagent": (500, 100),
    "qwen": (1200, 240),
    "droid": (1800, 360),
    "pi": (1800, 360),
    "cline": (1200, 240),
    "cn": (1700, 340),
}


@pytest.mark.parametrize("folder", sorted(TOKENS))
def test_samples_give_the_tokens_that_were_spent(short_tmp: Path, folder: str) -> None:
    install(short_tmp, folder)
    spent = sum((session.tokens for session in sessions(read_all(reader(short_tmp)))), Tokens())
    assert (spent.input, spent.output) == TOKENS[folder]


def test_sessions_have_folder_model_version_and_parent(short_tmp: Path) -> None:
    for folder in ("claude", "codex-subagent", "droid", "gemini-subagent"):
        install(short_tmp, folder)
    seen = {session.session: session for session in sessions(read_all(reader(short_tmp)))}
    claude = seen["5e2c03c7-fb6e-4b4d-bd62-379a9c848e8d"]
    assert (claude.cwd, claude.model, claude.version) == ("/home/ann/w/s2", "claude-opus-4-8", "2.1.197")
    assert seen["bbb33ba4-2a36-4986-98c0-fb59015ccb28"].cwd == "", "the home folder is no workspace"
    assert seen["01a218f3-988a-77d1-89a4-a3e0007a493c"].parent == "01a218f3-87eb-77e3-ab26-e54c021e5d18"
    assert seen["e6c45207-5b03-4adf-99ef-c56d4ee9be0d"].parent == "003f99cd-23a3-4997-83fd-e9c4a7259082"
    assert seen["7112d3bc-27e4-4475-afbb-d04ae150c9ce"].host == "9f5755cf-abb8-40ed-be3c-1ce64337ba35"


def test_commands_begin_with_their_call(short_tmp: Path) -> None:
    install(short_tmp, "codex")
    command = next(tool for tool in tools(read_all(reader(short_tmp))) if tool.tool_id == "call_44d390054b71410b86c5")
    assert (command.started, command.ended) == (1795714423.155, 1795714423.328), "not what its result calls the start"


def test_a_call_is_given_before_its_result(short_tmp: Path) -> None:
    placed = install(short_tmp, "claude")
    path = next(path for path in placed if path.name.startswith("38b116ac"))
    lines = path.read_bytes().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if b'"tool_result"' in line)
    path.write_bytes(b"".join(lines[:at]))
    made = reader(short_tmp)
    running = [tool for tool in tools(read_all(made), ended=False) if tool.session.startswith("38b116ac")]
    assert [(tool.kind, tool.ended) for tool in running] == [("shell", None)]
    path.write_bytes(b"".join(lines))
    ended = tools(read_all(made))
    assert [(tool.tool_id, tool.ended) for tool in ended] == [(running[0].tool_id, 1795713710.725)]


def test_only_files_of_workspaces_are_kept(short_tmp: Path) -> None:
    for folder in EXPECTED:
        install(short_tmp, folder)
    batches = read_all(reader(short_tmp, workspaces=["/home/ann/w/s2"]))
    assert {path for tool in tools(batches) for path in tool.paths} == {"/home/ann/w/s2/prog.py"}
    assert {session.cwd for session in sessions(batches)} <= {"/home/ann/w/s2", ""}
    assert tools(read_all(reader(short_tmp, workspaces=[]))) == []


READING = frozenset(
    {
        *("has", "word", "flag", "number", "moment", "path", "sub", "all", "files", "nested", "content"),
        *("whole", "replaced", "differs", "unified", "git_diffs", "numbered", "hunks", "marked", "patched", "edited"),
    }
)
"""The methods of a record that take keys."""


def test_adapters_declare_the_keys_that_they_read() -> None:
    for adapter in ADAPTERS:
        folder = Path(adapters.__file__).parent
        [module] = [path for path in folder.glob("*.py") if f'agent="{adapter.agent}"' in path.read_text()]
        read = set()
        for call in ast.walk(ast.parse(module.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                name = call.func.attr
                keys = call.args if name in READING else call.args[1:] if name == "contains" else []
                values = [value for keyword in call.keywords for value in [keyword.value] if name == "tokens"]
                read |= {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
                read |= {part for v in values if isinstance(v, ast.Constant) for part in str(v.value).split(".")}
        assert read - adapter.keys == set(), adapter.agent
        assert len(read) > 10
