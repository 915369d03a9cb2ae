"""The rules of docs/architecture.md that a program can keep."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
Function = ast.FunctionDef | ast.AsyncFunctionDef
GENERATED = ROOT / "obsd" / "v1"
MODULES = sorted(
    path
    for package in ("obsd", "obsctl")
    for path in (ROOT / package).rglob("*.py")
    if GENERATED not in path.parents and "__pycache__" not in path.parts
)
OURS = [*MODULES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40

# (importing modules, modules that they must not import at all, not even in a function)
FORBIDDEN = [
    ("obsd.watcher", ("grpc", "prometheus_client", "sqlite3", "google", "obsd.v1", "obsd.ledger", "obsd.api")),
    ("obsd.views", ("grpc", "sqlite3", "socket", "subprocess", "requests", "pygit2", "pyinotify", "obsd.api")),
    ("obsd.git", ("grpc", "prometheus_client", "sqlite3")),
    ("obsd.agents", ("grpc", "prometheus_client", "sqlite3")),
    ("obsd.records", ("grpc", "prometheus_client", "pyinotify", "obsd.watcher", "obsd.ledger", "obsd.api")),
    ("obsd.facts", ("obsd", "grpc", "pygit2")),
    ("obsd.client", ("grpc", "asyncio", "sqlite3", "obsd.api", "obsd.facts")),
    ("obsctl", ("grpc", "sqlite3", "pyinotify", "prometheus_client", "obsd.api", "obsd.daemon", "obsd.ledger")),
]

# (importing module, what it may import in functions but not at its top: it has to start fast)
LATE = [
    ("obsctl.__main__", ("h2", "rich", "pygit2", "psutil", "obsd.client", "obsd.v1")),
    ("obsd.__main__", ("grpc", "pygit2", "prometheus_client", "obsd.daemon", "obsd.v1")),
]


def name_of(path: Path) -> str:
    """Dotted name of a module's file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def within(name: str, package: str) -> bool:
    """Whether a dotted name is `package` or lies in it."""
    return name == package or name.startswith(package + ".")


def imported(nodes: Iterator[ast.AST] | list[ast.stmt]) -> Iterator[str]:
    """Dotted names that import statements name (of `from a import b` both `a` and `a.b`)."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not used"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def without_type_checking(tree: ast.Module) -> Iterator[ast.AST]:
    """All nodes but those below `if TYPE_CHECKING:`."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            pending.extend(node.orelse)
        else:
            pending.extend(ast.iter_child_nodes(node))


@pytest.mark.parametrize(("importer", "forbidden"), FORBIDDEN, ids=[rule[0] for rule in FORBIDDEN])
def test_layers_import_nothing_above_them(importer: str, forbidden: tuple[str, ...]) -> None:
    found = [
        f"{name_of(path)} imports {name}"
        for path in MODULES
        if within(name_of(path), importer)
        for name in imported(without_type_checking(ast.parse(path.read_text())))
        if any(within(name, package) for package in forbidden) and not within(name, importer)
    ]
    assert found == []


@pytest.mark.parametrize(("module", "late"), LATE, ids=[rule[0] for rule in LATE])
def test_commands_import_heavy_modules_late(module: str, late: tuple[str, ...]) -> None:
    found = [
        name
        for path in MODULES
        if name_of(path) == module
        for name in imported(ast.parse(path.read_text()).body)
        if any(within(name, package) for package in late)
    ]
    assert found == []


def test_only_the_client_speaks_the_wire_for_obsctl() -> None:
    found = [
        name_of(path)
        for path in MODULES
        if within(name_of(path), "obsctl") and re.search(r"_pb2_grpc|\bStub\(", path.read_text())
    ]
    assert found == []


def test_every_module_says_what_it_owns() -> None:
    texts = {path: path.read_text() for path in OURS}
    found = [str(path) for path, text in texts.items() if text.strip() and not ast.get_docstring(ast.parse(text))]
    assert found == []


def test_what_is_public_has_a_docstring() -> None:
    found = []
    for path in MODULES:
        body = ast.parse(path.read_text()).body
        classes = [node for node in body if isinstance(node, ast.ClassDef) and _is_public(node)]
        functions = [node for node in body if isinstance(node, Function) and _is_public(node)]
        methods = [node for owner in classes for node in owner.body if isinstance(node, Function)]
        named = [*classes, *functions, *(node for node in methods if _is_public(node) and _length(node) > 8)]
        found += [f"{name_of(path)}: {node.name}" for node in named if not ast.get_docstring(node)]
    assert found == []


def _is_public(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    # What implements somebody else's interface is described there.
    return not node.name.startswith("_") and not any("override" in ast.dump(way) for way in node.decorator_list)


def _length(node: ast.stmt) -> int:
    return (node.end_lineno or 0) - node.lineno + 1


def test_files_and_functions_stay_small() -> None:
    found = []
    for path in OURS:
        text = path.read_text()
        if text.count("\n") > MAX_FILE_LINES:
            found.append(f"{name_of(path)}: {text.count(chr(10))} lines")
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, Function)]
        long = [node for node in functions if _length(node) > MAX_FUNCTION_LINES]
        found += [f"{name_of(path)}: {node.name}: {_length(node)} lines" for node in long]
    assert found == [], "what do they hide?"


def test_only_the_metrics_view_names_a_metric() -> None:
    metric = re.compile(r"\b(?:copilot|obsd|git)_[a-z_]+_(?:total|seconds|active|added|removed|changed|up|broken)\b")
    allowed = ROOT / "obsd" / "views" / "metrics"
    found = [
        f"{name_of(path)}: {string}"
        for path in MODULES
        for string in _strings(path)
        if metric.search(string) and path.parent != allowed
    ]
    assert found == []


def _strings(path: Path) -> Iterator[str]:
    """The string constants of a module, docstrings left out."""
    tree = ast.parse(path.read_text())
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def test_views_read_no_clock_and_do_no_io() -> None:
    clocks = re.compile(r"\btime\.(time|monotonic|perf_counter)\(|\.now\(\)|\bopen\(|\bos\.(environ|getenv)")
    found = [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in MODULES
        if within(name_of(path), "obsd.views")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if clocks.search(line)
    ]
    assert found == []


def test_tasks_are_started_in_one_place() -> None:
    # ruff bans asyncio.create_task and ensure_future; it cannot see the methods of a loop.
    found = [
        f"{name_of(path)}: {node.attr}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("create_task", "ensure_future")
        and name_of(path) != "obsd.tasks.supervision"
    ]
    assert found == []


ASSERTING = re.compile(r"wait_until.*|wait_for|until|raises|fail|assert_.*|.*_as_test")
"""Calls that fail a test by themselves."""


def test_every_test_asserts_something() -> None:
    found = [
        f"{name_of(path)}: {node.name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, Function) and node.name.startswith("test_") and not _asserts(node)
    ]
    assert found == []


def _asserts(test: ast.AST) -> bool:
    calls = (node.func for node in ast.walk(test) if isinstance(node, ast.Call))
    names = (ast.unparse(call).rpartition(".")[2] for call in calls)
    return any(isinstance(node, ast.Assert) for node in ast.walk(test)) or any(map(ASSERTING.fullmatch, names))


def test_no_test_reaches_into_private_attributes() -> None:
    named_tuple = ("_replace", "_asdict", "_fields")
    found = [
        f"{name_of(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and re.match("_[^_]", node.attr)
        and node.attr not in named_tuple
        and ast.unparse(node.value) not in ("self", "cls")
    ]
    assert found == []


def test_no_bare_except() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in OURS
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert found == []


def test_every_part_of_the_api_is_commented() -> None:
    declaration = re.compile(r"^\s*(?:message|service|rpc|enum|(?:repeated |map<\w+, \w+> ?)?[\w.]+ \w+ = \d+;)")
    bare = []
    for path in sorted((ROOT / "proto").rglob("*.proto")):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if declaration.match(line) and not _commented(lines, number):
                bare.append(f"{path.name}:{number + 1}: {line.strip()}")
    assert bare == []


def _commented(lines: list[str], number: int) -> bool:
    line = lines[number]
    # A wrapper named after its rpc is said by the rpc's comment; so is an enum's zero, which means nothing.
    implied = re.match(r"\s*message \w+(?:Request|Response) ", line) or line.strip().endswith("_UNSPECIFIED = 0;")
    return bool(implied) or lines[number - 1].strip().startswith("//")
