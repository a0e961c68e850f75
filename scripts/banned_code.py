"""Rules about code under src/, held on the syntax tree. Each message says what to do instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from http import HTTPStatus

from scripts.source import Finding, Source

BANNED_IMPORTS = {
    "random": "is predictable: use secrets (SEC-01)",
    "pickle": "runs code while loading: use msgspec",
    "marshal": "is not a format: use msgspec",
    "shelve": "loads pickles: use the database",
}
BANNED_CALLS = {
    "eval": "runs text as code",
    "exec": "runs text as code",
    "os.system": "runs a shell: give asyncio.create_subprocess_exec a list",
    "os.popen": "runs a shell: give asyncio.create_subprocess_exec a list",
    "asyncio.create_subprocess_shell": "runs a shell: use create_subprocess_exec with a list",
}
# What may be called in these files alone: the one gate is one (architecture, "One gate").
ONLY_IN = {
    "locum.sessions.authorize.Grant": (frozenset(), "only authorize_connection makes a Grant: ask the gate"),
    "locum.sessions.connections.Grant": (frozenset(), "only authorize_connection makes a Grant: ask the gate"),
    "asyncssh.connect": (
        frozenset({"src/locum/gateway/ssh/upstream.py", "src/locum/connectors/ssh.py"}),
        "a target is dialled with a Grant (gateway/ssh/upstream.py) or by a connector (connectors/ssh.py)",
    ),
}
WALL_CLOCKS = frozenset(
    {
        "time.time",
        "time.time_ns",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
    }
)
# Decisions in these rooms compare times with stored ones, so a node whose clock is off must not matter.
DATABASE_CLOCK = [
    "sessions",
    "rotation",
    "scans",
    "policies",
    "actions",
    "identities",
    "resources",
    "credentials",
    "activities",
    "audit",
    "reads",
    "worker",
]
# What a pure file must not import: databases, networks, processes, clocks.
IMPURE = frozenset(
    {
        "sqlalchemy",
        "alembic",
        "psycopg",
        "sqlite3",
        "asyncssh",
        "asyncio",
        "anyio",
        "socket",
        "ssl",
        "subprocess",
        "time",
        "locum.kit.db",
    }
)
MUST_BE_PURE = re.compile(
    r"src/locum/(sessions/lifecycle|sessions/lease_cycle|rotation/plan|policies/decide|recordings/format|vault/seal|gateway/\w+/relay)\.py"
)
STATUS_FILES = frozenset({"src/locum/api/problems.py", "src/locum/api/operations.py"})
DECLARATIONS = frozenset({"Operation", "operation"})
LOG_METHODS = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log", "msg"}
)


def banned_code(source: Source) -> Iterator[Finding]:
    """Every broken rule of this file."""
    aliases = _aliases(source.tree)
    yield from _imports(source)
    yield from _purity(source)
    yield from _statuses(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield from _call(source, node, aliases)
        elif isinstance(node, ast.Raise) and node.exc is not None and _reveals(node.exc):
            yield source.finding("secret", node, "a secret in an error travels to logs and callers")
        if isinstance(node, ast.Attribute | ast.Name):
            yield from _clock(source, node, aliases)


def is_pure(source: Source) -> bool:
    """A file is pure when the first line of its docstring says PURE."""
    return re.search(r"\bPURE\b", source.first_line) is not None


def _aliases(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for: `import datetime as dt` gives dt → datetime."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _dotted(node: ast.expr, aliases: dict[str, str]) -> str:
    """The full dotted name of `a.b.c`, imports resolved; empty for anything else."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        parent = _dotted(node.value, aliases)
        return f"{parent}.{node.attr}" if parent else ""
    return ""


def _imported_modules(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module
            for alias in node.names:
                yield node, f"{node.module}.{alias.name}"


def _imports(source: Source) -> Iterator[Finding]:
    for node, module in _imported_modules(source.tree):
        why = BANNED_IMPORTS.get(module)
        if why:
            yield source.finding("ban", node, f"`{module}` {why}", module)


def _purity(source: Source) -> Iterator[Finding]:
    if not is_pure(source):
        if MUST_BE_PURE.fullmatch(source.path):
            yield source.finding("pure", None, "this file decides or formats: its docstring begins with PURE")
        return
    seen: set[tuple[int, str]] = set()
    for node, module in _imported_modules(source.tree):
        impure = next((name for name in IMPURE if module == name or module.startswith(f"{name}.")), None)
        if impure and (node.lineno, impure) not in seen:
            seen.add((node.lineno, impure))
            yield source.finding(
                "pure", node, f"a PURE file is given values instead of importing {impure}", impure
            )


def _clock(source: Source, node: ast.Attribute | ast.Name, aliases: dict[str, str]) -> Iterator[Finding]:
    name = _dotted(node, aliases)
    if name not in WALL_CLOCKS:
        return
    if is_pure(source):
        yield source.finding("clock", node, f"a PURE file is given the time instead of reading {name}", name)
    elif source.path.split("/")[2] in DATABASE_CLOCK or source.path == "src/locum/kit/jobs.py":
        yield source.finding("clock", node, f"use the database's clock, tx.now, instead of {name}", name)


def _call(source: Source, call: ast.Call, aliases: dict[str, str]) -> Iterator[Finding]:
    name = _dotted(call.func, aliases)
    method = call.func.attr if isinstance(call.func, ast.Attribute) else name
    if name in BANNED_CALLS:
        yield source.finding("ban", call, f"`{name}` {BANNED_CALLS[name]}", name)
    allowed, advice = ONLY_IN.get(name, (frozenset({source.path}), ""))
    if source.path not in allowed:
        yield source.finding("gate", call, advice, name)
    for keyword in call.keywords:
        if keyword.arg == "shell" and not (
            isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        ):
            yield source.finding("ban", call, "`shell=` lets a value become a command: pass a list", "shell")
    sql = name in {"sqlalchemy.text", "sqlalchemy.sql.text"} or method == "exec_driver_sql"
    if sql and call.args and _is_built(call.args[0]):
        yield source.finding("sql", call, "SQL built from values: use bound parameters or SQLAlchemy's own words")
    logs = name == "print" or name.endswith((".stdout.write", ".stderr.write"))
    logs = logs or (isinstance(call.func, ast.Attribute) and method in LOG_METHODS)
    if logs and any(_reveals(value) for value in [*call.args, *(k.value for k in call.keywords)]):
        yield source.finding("secret", call, "a revealed secret is written to a log or a terminal")


def _is_built(node: ast.expr) -> bool:
    """Whether a string is put together at run time: f-string, %, + or .format."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mod | ast.Add)
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"format", "join"}
    )


def _reveals(node: ast.expr) -> bool:
    return any(
        isinstance(inner, ast.Call)
        and isinstance(inner.func, ast.Attribute)
        and inner.func.attr in {"reveal", "reveal_text"}
        for inner in ast.walk(node)
    )


def _statuses(source: Source) -> Iterator[Finding]:
    """Status numbers stand in the operations' declarations and in api/problems.py, and nowhere else."""
    if source.path in STATUS_FILES:
        return
    for node in _outside_declarations(source.tree):
        pairs: list[tuple[str, ast.expr | None]] = []
        if isinstance(node, ast.keyword):
            pairs.append((node.arg or "", node.value))
        elif isinstance(node, ast.Dict):
            pairs += [
                (str(key.value), value)
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
            ]
        elif isinstance(node, ast.Compare):
            # HTTP itself treats some successes apart (204 has no body); refusals are told apart by their kind.
            pairs += [(_last(node.left), value) for value in node.comparators if not _is_success(value)]
        elif isinstance(node, ast.Assign):
            pairs += [(_last(target), node.value) for target in node.targets]
        for name, value in pairs:
            if name in {"status", "status_code"} and _is_status(value):
                advice = "a status number: raise a kind of kit.errors, or declare it with the operation"
                yield source.finding("status", value, advice)


def _outside_declarations(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and _last(child.func) in DECLARATIONS:
            continue
        yield child
        yield from _outside_declarations(child)


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_status(node: ast.expr | None) -> bool:
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(_is_status(element) for element in node.elts)
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value >= HTTPStatus.OK and node.value in {status.value for status in HTTPStatus}
    return False


def _is_success(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value < HTTPStatus.BAD_REQUEST
