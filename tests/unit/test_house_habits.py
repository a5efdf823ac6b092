"""Habits that no linter knows, read from the source itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "core").rglob("*.py"))
GUI = sorted((ROOT / "gui").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

NESTED_LOOPS = frozenset({"exec", "exec_", "processEvents"})
"""Methods that run a Qt loop inside the one that runs already: a task that wakes meanwhile never ends."""

WAITING_DIALOGS = {
    "QMessageBox": frozenset({"about", "aboutQt", "critical", "information", "question", "warning"}),
    "QFileDialog": frozenset(
        {"getExistingDirectory", "getExistingDirectoryUrl", "getOpenFileName", "getOpenFileNames"}
        | {"getOpenFileUrl", "getOpenFileUrls", "getSaveFileName", "getSaveFileUrl"}
    ),
    "QInputDialog": frozenset({"getDouble", "getInt", "getItem", "getMultiLineText", "getText"}),
    "QColorDialog": frozenset({"getColor"}),
    "QFontDialog": frozenset({"getFont"}),
}
"""Static functions that run such a loop until the dialog is closed."""

SECRET_NAMES = re.compile(
    r"passphrase|password|mnemonic|recovery_words|(^|_)words?($|_)|(^|_)seed($|_)|secret|private|xprv|"
    r"file_key|service_key|entropy",
    re.IGNORECASE,
)

LOG_METHODS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
LOGGERS = frozenset({"log", "logger", "logging", "_log", "_logger"})


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def place(file: Path, node: ast.AST) -> str:
    return f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def method_calls(tree: ast.AST) -> Iterator[tuple[ast.Call, ast.Attribute]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, node.func


def nested_loops(tree: ast.AST) -> Iterator[ast.AST]:
    """Where code lets a Qt loop run inside the running one."""
    for call, method in method_calls(tree):
        owner = method.value.id if isinstance(method.value, ast.Name) else ""
        if method.attr in NESTED_LOOPS | WAITING_DIALOGS.get(owner, frozenset()):
            yield call


def coroutine_waits(tree: ast.AST) -> Iterator[ast.AST]:
    """Where a coroutine lets pytest-qt wait, which runs a nested loop too."""
    for coroutine in ast.walk(tree):
        if isinstance(coroutine, ast.AsyncFunctionDef):
            for call, method in method_calls(coroutine):
                of_qtbot = isinstance(method.value, ast.Name) and method.value.id == "qtbot"
                if of_qtbot and (method.attr.startswith("wait") or method.attr == "assertNotEmitted"):
                    yield call


def imported(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """The top-level package of every import, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, name.name.partition(".")[0]) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node, (node.module or "").partition(".")[0]


def logged_secrets(tree: ast.AST) -> Iterator[ast.AST]:
    """Where a value is logged that goes by the name of a secret."""
    for call, method in method_calls(tree):
        logger = method.value
        name = logger.attr if isinstance(logger, ast.Attribute) else getattr(logger, "id", "")
        if method.attr not in LOG_METHODS or name not in LOGGERS:
            continue
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        for value in (part for argument in arguments for part in ast.walk(argument)):
            named = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
            if SECRET_NAMES.search(named):
                yield value


def test_no_qt_loop_runs_inside_another() -> None:
    culprits = [place(file, node) for file in GUI for node in nested_loops(parsed(file))]
    in_coroutines = [
        place(file, node)
        for file in TESTS
        for coroutine in ast.walk(parsed(file))
        if isinstance(coroutine, ast.AsyncFunctionDef)
        for node in nested_loops(coroutine)
    ]
    assert culprits + in_coroutines == [], "use open() and await its end"


def test_no_coroutine_waits_with_the_qt_robot() -> None:
    culprits = [place(file, node) for file in TESTS for node in coroutine_waits(parsed(file))]
    assert culprits == [], "await asyncio.sleep() under asyncio.timeout() until what you wait for is true"


def test_the_core_imports_no_qt() -> None:
    culprits = [
        place(file, node)
        for file in CORE
        for node, package in imported(parsed(file))
        if package in {"PySide6", "shiboken6", "qasync", "pillarbox_gui"}
    ]
    assert culprits == []


def test_no_secret_is_logged() -> None:
    culprits = [place(file, node) for file in CORE + GUI for node in logged_secrets(parsed(file))]
    assert culprits == []


def test_nothing_is_left_for_later() -> None:
    culprits = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in CORE + GUI
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError", line)
    ]
    assert culprits == []


@pytest.mark.parametrize(
    ("check", "source"),
    [
        (nested_loops, "def ask(self):\n    return self.dialog.exec()"),
        (nested_loops, "def ask(self):\n    return QMessageBox.question(self, 'Sure?')"),
        (nested_loops, "QCoreApplication.processEvents()"),
        (coroutine_waits, "async def test(qtbot):\n    qtbot.waitUntil(lambda: True)"),
        (coroutine_waits, "async def test(qtbot):\n    with qtbot.waitSignal(button.clicked):\n        pass"),
        (logged_secrets, "log.info('opened by %s', passphrase)"),
        (logged_secrets, "self._log.debug(f'{self.file_key}')"),
        (logged_secrets, "logging.error('no', extra={'x': str(seed)})"),
    ],
)
def test_the_checks_see_what_they_look_for(check: object, source: str) -> None:
    assert callable(check)
    assert list(check(ast.parse(source)))


@pytest.mark.parametrize(
    ("check", "source"),
    [
        (nested_loops, "def ask(self):\n    self.dialog.open()"),
        (coroutine_waits, "def test(qtbot):\n    qtbot.waitUntil(lambda: True)"),
        (logged_secrets, "log.info('the passphrase was changed')"),
    ],
)
def test_the_checks_let_the_right_way_pass(check: object, source: str) -> None:
    assert callable(check)
    assert not list(check(ast.parse(source)))
