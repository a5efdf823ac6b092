"""One number says which schema a file has; a step to the next is taken whole or not at all."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import apsw
import pytest

from pillarbox.secret import Secret
from pillarbox.storage import connection as connections

RELEASED = {
    1: "84553e89f001321f",
    2: "7418dbc888f5823b",
    3: "410657e329e8f0c9",
    4: "66fe75fcc7118ca9",
    5: "a867e30c12e666f8",
}
"""Of each script that ever reached a user. Files out there are at these steps: to change one, add another."""


def schema(connection: apsw.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}


def with_steps(monkeypatch: pytest.MonkeyPatch, *more: str) -> None:
    """As in a later version that has more steps."""
    steps: Sequence[str] = [*connections.migrations(), *more]
    monkeypatch.setattr(connections, "migrations", lambda: list(steps))


def test_a_released_step_is_never_edited() -> None:
    scripts = enumerate(connections.migrations(), 1)
    assert {number: hashlib.sha256(text.encode()).hexdigest()[:16] for number, text in scripts} == RELEASED


def test_a_new_file_is_at_the_newest_step(path: Path, key: Secret) -> None:
    connection = connections.create(path, key)
    assert connection.pragma("user_version") == len(connections.migrations())
    connection.close()


def test_an_older_file_is_brought_up_and_keeps_what_it_holds(
    path: Path, key: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = connections.create(path, key)
    old.execute("INSERT INTO meta VALUES ('name', 'value')")
    old.close()
    with_steps(
        monkeypatch, "CREATE TABLE more (a);\nCREATE TABLE most (b);", "ALTER TABLE more ADD COLUMN c;"
    )
    new = connections.open_for_writing(path, key)
    assert new.pragma("user_version") == len(connections.migrations())
    assert {"more", "most"} <= schema(new)
    assert list(new.execute("SELECT value FROM meta")) == [("value",)]
    new.close()


def test_payments_of_the_first_schema_follow_the_hand_outs_that_the_clock_puts_before_them(
    path: Path, key: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = connections.migrations()[:1]
    with monkeypatch.context() as then:
        then.setattr(connections, "migrations", lambda: first)
        old = connections.create(path, key)
        for number, shown_at in ((1, 10), (2, 30)):
            shown = (number, bytes([number]), shown_at)
            old.execute("INSERT INTO hand_outs VALUES (?, ?, 1, 0, 0, ?, '', NULL, 0)", shown)
        for output, first_seen in enumerate((5, 20, 30)):
            old.execute(
                "INSERT INTO payments VALUES (1, 0, 0, x'aa', ?, 1, 0, x'', ?, NULL)", (output, first_seen)
            )
        old.close()
    new = connections.open_for_writing(path, key)
    assert list(new.execute("SELECT after_hand_out FROM payments ORDER BY output")) == [(0,), (1,), (2,)]
    new.close()


def test_a_step_that_fails_leaves_the_old_schema(
    path: Path, key: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections.create(path, key).close()
    with monkeypatch.context() as later:
        with_steps(later, "CREATE TABLE more (a);", "CREATE TABLE most (b); SELECT nonsense FROM nowhere;")
        with pytest.raises(apsw.SQLError):
            connections.open_for_writing(path, key)
    old = connections.open_for_writing(path, key)
    assert old.pragma("user_version") == len(connections.migrations())
    assert not {"more", "most"} & schema(old)
    old.close()
