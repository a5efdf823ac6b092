"""No code but the pool decides which receive index comes next, or turns an index into an address to show.

Read from the syntax tree of every module of the core and the window. Two reasons end here: a second picker
hands one address to two payers, and an address that no pool reserved is in no ledger and may not be watched.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "core").rglob("*.py")) + sorted((ROOT / "gui").rglob("*.py"))

MAY_DERIVE = {
    "pillarbox/pool/": "the pool derives what it hands out",
    "pillarbox/accounts/": "account kinds are the derivers",
    "pillarbox/commands/inspect_": "inspecting shows what keys give, and changes nothing",
    "pillarbox/wallet/new_account.py:look_ahead": "the first look-ahead of a new account, for its pool",
    "pillarbox/wallet/new_account.py:preview": "the first address of an account that is not made yet",
    "pillarbox/wallet/discovering.py:_scripts": "asks a chain about an account that is not in the wallet yet",
    "pillarbox/wallet/restoring.py:_derive": "a restored account's rows, for its pool",
    "pillarbox/wallet/backup_proof.py:_derive_again": "checks a backup's keys against kept addresses",
    "pillarbox/wallet/open_accounts.py:text_is_right": "checks an address again before it is copied",
    "pillarbox/wallet/open_accounts.py:gives_the_same": "checks that the words in hand are the account's",
}
MAY_RESERVE_A_CERTAIN_INDEX = {
    "pillarbox/pool/": "the pool itself",
    "pillarbox/wallet/open_accounts.py:hold_again": "a durable request reserves its own address again",
}
MAY_PICK = {"pillarbox/pool/": "the pool is the one that picks"}

INDEX_WORDS = re.compile(r"ind(ex|ices)|idx|used|reserved|frontier|shown|derived|revealed|issued")
HIGHEST = re.compile(r"^_?(highest|last)_(used|reserved|shown|derived|revealed|issued|index|idx)$|^frontier$")
COUNTER = re.compile(r"next_?\w*_?(index|idx)$")
SQL_PICKS = tuple(
    re.compile(pattern.replace("INDEX", r"(\w+\.)?(idx|\w*index)"), re.IGNORECASE)
    for pattern in (
        r"\bmax\s*\(\s*INDEX\s*\)\s*\+\s*1",
        r"\bcoalesce\s*\(\s*max\s*\(\s*INDEX\s*\)\s*,[^)]*\)\s*\+\s*1",
        r"\bmin\s*\(\s*INDEX\s*\)",
        r"\border\s+by\s+INDEX(\s+(asc|desc))?\s+limit\s+1\b",
    )
)


class Findings(ast.NodeVisitor):
    """What a module does that only a pool may. Each finding: (kind, line, enclosing function)."""

    def __init__(self) -> None:
        self.found: list[tuple[str, int, str]] = []
        self._functions = ["<module>"]
        self._one_argument_calls: set[ast.expr] = set()

    def _note(self, kind: str, node: ast.expr | ast.stmt) -> None:
        self.found.append((kind, node.lineno, self._functions[-1]))

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._functions.append(node.name)
        self.generic_visit(node)
        self._functions.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815  # the name ast calls

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr == "derive" and node not in self._one_argument_calls:
            self._note("derive", node)
        if node.attr in ("next_unused", "next_unused_multiple"):
            self._note("pick", node)
        if node.attr == "reserve_index":
            self._note("reserve-index", node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if len(node.args) == 1 and not node.keywords:
            # A key derivation function takes the key material alone; Deriver.derive takes three arguments.
            self._one_argument_calls.add(node.func)
        if name == "Reservation":
            self._note("pick", node)
        if name in ("getattr", "attrgetter", "methodcaller") and "derive" in _texts(node):
            self._note("derive", node)
        if name in ("next", "min", "index", "find", "filter") and any(map(_mentions_unused, node.args)):
            self._note("pick", node)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        sides = (node.left, node.right)
        by_one = any(isinstance(side, ast.Constant) and side.value == 1 for side in sides)
        if isinstance(node.op, ast.Add) and by_one and any(map(_is_highest_index, sides)):
            self._note("pick", node)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        name = getattr(node.target, "attr", getattr(node.target, "id", ""))
        if isinstance(node.op, ast.Add) and COUNTER.search(name):
            self._note("pick", node)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._judge_sql(node.value, node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._judge_sql("".join(_texts(node)), node)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part)

    def _judge_sql(self, text: str, node: ast.expr) -> None:
        if any(pattern.search(text) for pattern in SQL_PICKS):
            self._note("pick", node)


def _texts(node: ast.AST) -> list[str]:
    return [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


def _names(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr


def _is_highest_index(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "max":
        return any(INDEX_WORDS.search(name) for argument in node.args for name in _names(argument))
    name = getattr(node, "attr", getattr(node, "id", ""))
    return bool(HIGHEST.match(name))


def _mentions_unused(node: ast.expr) -> bool:
    return any(name.lower() in ("unused", "is_unused", "free") for name in _names(node)) or (
        "unused" in _texts(node)
    )


def findings(source: str) -> list[tuple[str, int, str]]:
    visitor = Findings()
    visitor.visit(ast.parse(source))
    return visitor.found


def is_allowed(allowed: dict[str, str], path: str, function: str) -> bool:
    return any(f"{path}:{function}" == place if ":" in place else path.startswith(place) for place in allowed)


ALLOWED = {"derive": MAY_DERIVE, "reserve-index": MAY_RESERVE_A_CERTAIN_INDEX, "pick": MAY_PICK}


def test_no_module_but_the_pool_picks_or_derives_a_receive_index() -> None:
    offenders = []
    for source in SOURCES:
        path = source.relative_to(ROOT).as_posix().split("/", 1)[1]
        for kind, line, function in findings(source.read_text()):
            if not is_allowed(ALLOWED[kind], path, function):
                offenders.append(f"{path}:{line} in {function}: {kind}")
    assert offenders == []


def test_the_modules_are_found_and_the_pool_itself_would_be_caught() -> None:
    """Guards the guard: it reads real files, and sees in the pool what it forbids elsewhere."""
    assert len(SOURCES) > 50
    pool = ROOT / "core" / "pillarbox" / "pool"
    kinds = {kind for file in pool.glob("*.py") for kind, _, _ in findings(file.read_text())}
    assert kinds >= {"derive", "pick"}


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("derive", "deriver.derive(0, index, 1)"),
        ("derive", "self._keys.derive(branch, start=index, count=1)"),
        ("derive", "make = account.deriver.derive"),
        ("derive", "list(map(deriver.derive, [0], [1], [1]))"),
        ("derive", "asyncio.to_thread(deriver.derive, 0, 5, 1)"),
        ("derive", "getattr(deriver, 'derive')(0, 1, 1)"),
        ("derive", "methodcaller('derive', 0, 1, 1)(deriver)"),
        ("pick", "index = max(indices) + 1"),
        ("pick", "index = 1 + max(used, default=-1)"),
        ("pick", "index = max(row.index for row in rows) + 1"),
        ("pick", "index = max(self._reserved | self._used) + 1"),
        ("pick", "index = pool.stats().highest_used + 1"),
        ("pick", "index = pool.frontier + 1"),
        ("pick", "self._next_index += 1"),
        ("pick", "next_receive_index += 1"),
        ("pick", "index = next(i for i, s in enumerate(states) if s == AddressState.UNUSED)"),
        ("pick", "index = min(row.index for row in rows if row.state == 'unused')"),
        ("pick", "index = pool.states().index(AddressState.UNUSED)"),
        ("pick", "index = pool.states().find(AddressState.UNUSED)"),
        ("pick", "address = pool.next_unused(keys)"),
        ("pick", "addresses = pool.next_unused_multiple(keys, 5)"),
        ("pick", "Reservation(text, index, token, now)"),
        ("pick", "tx.one('SELECT max(idx) + 1 FROM addresses')"),
        ("pick", "tx.one('SELECT COALESCE(MAX(a.idx), -1) + 1 FROM addresses a')"),
        ("pick", "tx.one('SELECT min(idx) FROM addresses WHERE state = 0')"),
        ("pick", "tx.one(f'SELECT idx FROM {table} ORDER BY idx LIMIT 1')"),
        ("reserve-index", "pool.reserve_index(7, token, now)"),
    ],
)
def test_a_second_picker_is_caught(kind: str, source: str) -> None:
    assert kind in [found for found, _, _ in findings(source)]


@pytest.mark.parametrize(
    "source",
    [
        "pool.next_unused_and_reserve(keys)",
        "pool.reserve_many(keys, 10)",
        "Argon2id(salt=salt, length=32).derive(passphrase)",
        "number = max((n for n in numbers), default=-1) + 1",
        "offset += 1",
        "row = position + 1",
        "tx.rows('SELECT idx, text FROM addresses ORDER BY idx')",
        "tx.one('SELECT max(height) + 1 FROM headers')",
        "reservation.index",
        "text.index('/')",
        "states.count(AddressState.UNUSED)",
    ],
)
def test_what_picks_no_index_is_left_alone(source: str) -> None:
    assert findings(source) == []
