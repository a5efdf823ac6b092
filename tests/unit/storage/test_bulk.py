"""Rows go in and out in one step of SQLite, so that a busy loop does not hold them up one by one."""

import re
from collections.abc import Callable

import apsw
from hypothesis import given
from hypothesis import strategies as st
from stored_things import row, token

from pillarbox.model.account import Account
from pillarbox.model.address import AddressRef
from pillarbox.model.payment import ScriptHistory, Sighting
from pillarbox.model.receiving import HandOutEnding
from pillarbox.storage import addresses, bulk, chain_history, ledger, requests
from pillarbox.storage.database import Database, Row, Tx
from pillarbox.storage.requests import NewRequest

MANY = bulk.CHUNK


def works(account: Account) -> list[Callable[[Tx], object]]:
    """Everything that takes or gives many rows, with many."""
    rows = [row(index) for index in range(MANY)]
    keys = [r.watch_key for r in rows]
    tokens = [token(index) for index in range(MANY)]
    refs = [AddressRef(account.id, 0, index) for index in range(MANY)]
    showings = [(t, *ref, 1, "", None, False) for t, ref in zip(tokens, refs, strict=True)]
    promises = [NewRequest(ref, t, "", None, 1, None) for ref, t in zip(refs, tokens, strict=True)]
    histories = [(ref, paid_once(ref, key)) for ref, key in zip(refs, keys, strict=True)]
    return [
        lambda tx: addresses.insert(tx, account.id, 0, rows),
        lambda tx: addresses.insert(tx, account.id, 0, rows),
        lambda tx: addresses.texts(tx, account.id, 0),
        lambda tx: addresses.derived(tx, account.id, 0, 0, MANY),
        lambda tx: addresses.watch_keys(tx, account.id, 0, range(MANY)),
        lambda tx: addresses.find_watch_keys(tx, keys),
        lambda tx: ledger.record(tx, showings),
        lambda tx: ledger.end_all(tx, tokens[: MANY // 2], 2, HandOutEnding.RELEASED),
        lambda tx: ledger.end_running(tx, 2),
        lambda tx: ledger.shown(tx, account.id, 0),
        lambda tx: requests.insert_all(tx, promises),
        lambda tx: chain_history.apply_all(tx, histories, 3),
        lambda tx: chain_history.amounts(tx, account.id, 0),
        lambda tx: chain_history.proven(tx, account.id, 0, 0, MANY),
        lambda tx: addresses.mark_used(tx, account.id, 0, range(MANY), by_hand=False, at=4),
        lambda tx: addresses.used(tx, account.id, 0),
    ]


def paid_once(ref: AddressRef, key: bytes) -> ScriptHistory:
    return ScriptHistory(key, True, (Sighting(key, f"{ref.index:064x}", 0, 1, 9, True, b"a block"),))


class Trace:
    """What SQLite was asked, and how many steps it took: each lets go of the interpreter lock."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.rows = 0

    def on_statement(self, _cursor: apsw.Cursor, sql: str, _bindings: object) -> bool:
        self.statements.append(sql)
        return True

    def on_row(self, _cursor: apsw.Cursor, found: Row) -> Row:
        self.rows += 1
        return found


def traced(tx: Tx, work: Callable[[Tx], object]) -> Trace:
    connection, trace = tx._connection, Trace()
    assert connection is not None
    connection.exec_trace, connection.row_trace = trace.on_statement, trace.on_row
    try:
        work(tx)
    finally:
        connection.exec_trace = connection.row_trace = None
    return trace


async def test_no_bulk_operation_takes_a_step_a_row(db: Database, account: Account) -> None:
    def work(tx: Tx) -> list[int]:
        traces = [traced(tx, one) for one in works(account)]
        return [len(trace.statements) + trace.rows for trace in traces]

    assert max(await db.write(work)) <= 8


async def test_no_bulk_operation_walks_its_rows_again_for_each_address(
    db: Database, account: Account
) -> None:
    def plan(tx: Tx, sql: str) -> list[str]:
        return [line[-1] for line in tx.rows(f"EXPLAIN QUERY PLAN {sql}", [0] * sql.count("?"))]

    def work(tx: Tx) -> dict[str, list[str]]:
        asked = {sql for one in works(account) for sql in traced(tx, one).statements if "json_each" in sql}
        return {sql: plan(tx, sql) for sql in asked}

    plans = await db.write(work)
    walked = re.compile(r"SCAN (json_each|asked|\(subquery|\d+ CONSTANT)")
    assert len(plans) > 10
    assert {
        sql: line
        for sql, lines in plans.items()
        for line in lines
        if line.startswith("SCAN") and not walked.match(line)
    } == {}


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_integers_come_out_as_they_are(numbers: list[int]) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE numbers (n INTEGER)")
    connection.executemany("INSERT INTO numbers VALUES (?)", ((number,) for number in numbers))
    (found,) = bulk.integers(Tx(connection), ("n",), "SELECT n FROM numbers ORDER BY rowid", ())
    assert list(found) == numbers
    connection.close()


def test_chunks_lose_and_reorder_nothing() -> None:
    assert [list(chunk) for chunk in bulk.chunks(range(7), 3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(bulk.chunks([])) == []
