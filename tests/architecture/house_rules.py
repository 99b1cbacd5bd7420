"""The rules of the house as functions over source text and over a built application.

Each returns sentences, one a fault. They take what they look at as an argument, so that the tests can show them a
planted fault as well as our own code.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src"
MAX_LINES = 500

# Storeys: the longest prefix decides.
LEVELS = {
    "startks.base": 0,
    "startks.domain": 1,
    "startks.framework": 2,
    "startks.modules": 3,
    "startks_portal": 3,
    "startks_backoffice": 3,
    "startks_check": -1,  # the second calculator shares no code: it may import nothing of the project
    "startks": 4,  # app, scripts, demo, the package itself
}
FACES = ("startks_portal", "startks_backoffice")
READ_ACTIONS = {"read", "list", "view", "search", "print", "export"}
SAFE_METHODS = {"GET", "HEAD"}


def python_files() -> dict[str, str]:
    """Return {dotted module: source} of everything under src."""
    found = {}
    for path in sorted(SOURCES.rglob("*.py")):
        parts = path.relative_to(SOURCES).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text("utf-8")
    return found


# Storeys


def storey_faults(module: str, source: str, is_package: bool = False) -> list[str]:
    """Name the imports of a module that go upward, to another module or to another face."""
    faults = []
    for target, line in imports(module, source, is_package):
        reason = _forbidden(module, target)
        if reason:
            faults.append(f"{module}:{line} imports {target}: {reason}")
    return faults


def imports(module: str, source: str, is_package: bool = False) -> Iterator[tuple[str, int]]:
    """Yield (dotted name, line) of every import, wherever it stands, and of ``import_module("literal")``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                parts = parts[: len(parts) - node.level + (1 if is_package else 0)]
                base = ".".join([*parts, base] if base else parts)
            # "from startks import app" names a module, "from startks.app import configure" a thing in one.
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno
        elif isinstance(node, ast.Call) and _called(node) == "import_module" and node.args:
            literal = node.args[0]
            if isinstance(literal, ast.Constant) and isinstance(literal.value, str):
                yield literal.value, node.lineno


def _forbidden(module: str, target: str) -> str | None:
    here, there = _level(module), _level(target)
    if here is None or there is None:
        return None
    if target == "startks":
        return None  # the bare package holds nothing but the factory; code asks it where the files lie
    if there > here:
        return "upward"
    mine, theirs = _part(module), _part(target)
    if here == there == 3 and mine != theirs:
        return "another module or face"
    return None


def _level(module: str) -> int | None:
    matches = [prefix for prefix in LEVELS if module == prefix or module.startswith(prefix + ".")]
    return LEVELS[max(matches, key=len)] if matches else None


def _part(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:3]) if module.startswith("startks.modules") else parts[0]


# Files


def length_faults(files: Mapping[str, str]) -> list[str]:
    """Name the files longer than one room."""
    return [
        f"{name}: {lines} lines, at most {MAX_LINES}"
        for name, text in files.items()
        if (lines := text.count("\n") + 1) > MAX_LINES
    ]


HOUSING = re.compile(r"house|premise|apartment|account|meter|resident|tariff", re.IGNORECASE)


def housing_faults(module: str, source: str) -> list[str]:
    """Name the classes and functions of the lowest storey that speak of housing; contracts and events may."""
    if not module.startswith("startks.base.") or module.startswith(("startks.base.contracts", "startks.base.events")):
        return []
    return [
        f"{module}:{node.lineno} defines {node.name}: the lowest storey knows no housing"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and HOUSING.search(node.name)
    ]


# Views without SQL

SQL_TEXT = re.compile(r"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\b.*", re.IGNORECASE | re.DOTALL)
SQL_WORD = re.compile(r"\b(FROM|SET|VALUES|AS\s*\()", re.IGNORECASE)
SQL_CALLS = {"execute", "scalars", "scalar", "query", "exec_driver_sql"}
SQL_NAMES = {"select", "insert", "update", "delete", "text"}  # column expressions of a list's filters may stay
NOT_VIEWS = re.compile(r"(^|_)(queries|query|models|services|service|tasks)$")


def is_view_module(module: str) -> bool:
    """Is this a file of pages: anything in a face, or in a module's ``office`` and ``portal`` rooms?"""
    name = module.rpartition(".")[2]
    if NOT_VIEWS.search(name) or ".queries." in module or ".services." in module:
        return False
    return module.startswith(FACES) or bool(re.match(r"startks\.modules\.\w+\.(office|portal|views)\b", module))


def sql_faults(module: str, source: str) -> list[str]:
    """Name the statements and calls to the data base in a file of pages."""
    faults = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "sqlalchemy":
            names = SQL_NAMES & {alias.name for alias in node.names}
            if names:
                faults.append(f"{module}:{node.lineno} imports {', '.join(sorted(names))} from sqlalchemy")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SQL_CALLS:
            if _looks_like_session(node.func.value):
                faults.append(f"{module}:{node.lineno} calls .{node.func.attr}() in a view")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if SQL_TEXT.match(node.value) and SQL_WORD.search(node.value) and node.value.split()[0].isupper():
                faults.append(f"{module}:{node.lineno} holds a statement")
    return faults


def _looks_like_session(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in {"db", "session", "dbsession", "connection"}


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


# Views of a built application


def view_faults(registry) -> list[str]:
    """Name the views without context or permission, and those that let a reader POST.

    Only our views are looked at: a view belongs to whoever wrote its callable.
    """
    faults = []
    for item in registry.introspector.get_category("views", ()):
        view = item["introspectable"]
        if not _ours(view["callable"]) or _is_exception(view["context"]):
            continue
        label = f"{_name_of(view['callable'])} (@@{view['name']})"
        permission = _permission(registry, view)
        if view["context"] is None:
            faults.append(f"{label} names no context")
        if permission is None:
            faults.append(f"{label} names no permission")
        elif str(permission).rpartition(":")[2] in READ_ACTIONS:
            methods = view["request_methods"]
            methods = {methods} if isinstance(methods, str) else set(methods or {"any"})
            if not methods <= SAFE_METHODS:
                faults.append(f"{label} has the read permission {permission} and accepts {', '.join(sorted(methods))}")
    return faults


def _ours(view) -> bool:
    module = getattr(view, "__module__", None) or type(view).__module__
    return module.startswith(("startks", "addon_", "planted"))


def _is_exception(context) -> bool:
    return isinstance(context, type) and issubclass(context, BaseException)


def _name_of(view) -> str:
    return f"{view.__module__}.{getattr(view, '__qualname__', type(view).__name__)}"


def _permission(registry, view):
    for related in registry.introspector.related(view):
        if related.type_name == "permission":
            return related["value"]
    return None
