"""What the wallet's own tables contribute to a backup, in the order in which it is put back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pillarbox.backup.content import Row, SectionLines
from pillarbox.backup.sections import AccountMap, BackupSection, Field, Tally
from pillarbox.model.receiving import HandOutEnding
from pillarbox.pool.sequence import FIRST_HARDENED, WORD32_MAX
from pillarbox.storage import bulk, indexer_keys
from pillarbox.storage.database import Tx
from pillarbox.storage.l402_tokens import SECTION_L402_TOKENS
from pillarbox.storage.lightning_nodes import SECTION_LIGHTNING_NODES
from pillarbox.storage.static_addresses import SECTION_STATIC_ADDRESSES
from pillarbox.storage.static_deposits import SECTION_DEPOSIT_STEPS, SECTION_STATIC_EXITS
from pillarbox.storage.table_section import (
    RecordDiffersError,
    TableSection,
    exported,
    placed,
    placed_chunks,
)

_ADDRESS = (Field("account", int), Field("branch", int), Field("idx", int))


@dataclass(frozen=True, slots=True)
class _Accounts:
    """Accounts are put back with their addresses, by `wallet.restoring`: here they are only written."""

    name: str = "accounts"
    version: int = 1
    fields: tuple[Field, ...] = (
        Field("id", int),
        Field("kind", str),
        Field("network", str),
        Field("label", str),
        Field("number", int, optional=True),
        Field("path", str),
        Field("fingerprint", str),
        Field("watch_only", int),
        Field("gap_limit", int),
        Field("at_limit", str),
        Field("created_at", int),
        Field("params", str),
        Field("same_key", str),
    )

    def export(self, tx: Tx) -> SectionLines:
        return exported(tx, self, "SELECT * FROM accounts ORDER BY id")


ACCOUNTS = _Accounts()


@dataclass(frozen=True, slots=True)
class _Requests:
    """Payment requests, by the token of their hand-out.

    One that runs here is over only where it was paid: that is final, while a release may have been undone.
    """

    name: str = "requests"
    version: int = 1
    fields: tuple[Field, ...] = (
        *_ADDRESS,
        Field("token", bytes),
        Field("label", str),
        Field("amount", int, optional=True),
        Field("created_at", int),
        Field("held_until", int, optional=True),
        Field("ended_at", int, optional=True),
        Field("ending", str),
    )

    def export(self, tx: Tx) -> SectionLines:
        return exported(tx, self, "SELECT * FROM requests ORDER BY id")

    def merge(self, tx: Tx, rows: Sequence[Row], accounts: AccountMap) -> Tally:
        tally = Tally()
        for chunk in placed_chunks(rows, accounts, "A payment request", tally):
            packed = json.dumps(chunk)
            new = tx.execute(
                "INSERT INTO requests (account, branch, idx, token, label, amount, created_at, held_until, "
                "ended_at, ending) SELECT value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3), "
                "value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9 "
                "FROM json_each(?) WHERE true ON CONFLICT DO NOTHING",
                (packed,),
            )
            ended = tx.execute(
                "UPDATE requests SET ended_at = given.ended_at, ending = given.ending FROM "
                "(SELECT unhex(value ->> 3) AS token, value ->> 8 AS ended_at, value ->> 9 AS ending "
                "FROM json_each(?)) AS given WHERE requests.token = given.token "
                "AND requests.ended_at IS NULL AND given.ended_at IS NOT NULL "
                "AND given.ending IN ('paid', 'used')",
                (packed,),
            )
            tally.restored += new + ended
            tally.unchanged += len(chunk) - new - ended
        return tally


_KNOWN_ENDINGS = json.dumps([ending.value for ending in HandOutEnding])
_ENDINGS = (
    "INSERT INTO hand_out_endings SELECT h.id, value ->> 7, value ->> 8 "
    "FROM json_each(?1) CROSS JOIN hand_outs AS h ON h.token = unhex(value ->> 3) "
    "WHERE value ->> 7 IS NOT NULL AND value ->> 8 IN (SELECT value FROM json_each(?2)) AND {those} "
    "ON CONFLICT DO NOTHING"
)
_ENDED = (
    "NOT EXISTS (SELECT 1 FROM requests AS r WHERE r.token = h.token AND r.ended_at IS NULL) "
    "AND value ->> 8 <> 'voided'"
)
"""Of those that were here before, such as do not hold their address here, and were seen."""


@dataclass(frozen=True, slots=True)
class _HandOuts:
    """The ledger, oldest first, each with how it ended. After the requests, which they refer to."""

    name: str = "hand-outs"
    version: int = 1
    fields: tuple[Field, ...] = (
        *_ADDRESS,
        Field("token", bytes),
        Field("shown_at", int),
        Field("label", str),
        Field("unscanned", int),
        Field("ended_at", int, optional=True),
        Field("ending", str, optional=True),
    )

    def export(self, tx: Tx) -> SectionLines:
        return exported(
            tx,
            self,
            "SELECT h.account, h.branch, h.idx, h.token, h.shown_at, h.label, h.unscanned, "
            "e.at AS ended_at, e.ending FROM hand_outs AS h "
            "LEFT JOIN hand_out_endings AS e ON e.hand_out = h.id ORDER BY h.id",
        )

    def merge(self, tx: Tx, rows: Sequence[Row], accounts: AccountMap) -> Tally:
        tally = Tally()
        for chunk in placed_chunks(rows, accounts, "A hand-out", tally):
            packed = json.dumps(chunk)
            new = tx.execute(
                "INSERT INTO hand_outs (account, branch, idx, token, shown_at, label, unscanned, request) "
                "SELECT value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3), value ->> 4, value ->> 5, "
                "value ->> 6, (SELECT id FROM requests WHERE token = unhex(value ->> 3)) "
                "FROM json_each(?) WHERE true ON CONFLICT DO NOTHING",
                (packed,),
            )
            first = tx.value("SELECT coalesce(max(id), 0) - ? FROM hand_outs", (new,))
            tx.execute(_ENDINGS.format(those="h.id > ?3"), (packed, _KNOWN_ENDINGS, first))
            here_before = new < len(chunk)
            ended = tx.execute(_ENDINGS.format(those=_ENDED), (packed, _KNOWN_ENDINGS)) if here_before else 0
            tally.restored += new + ended
            tally.unchanged += len(chunk) - new - ended
        return tally


@dataclass(frozen=True, slots=True)
class _Used:
    """Addresses that were paid, or marked by hand. What history says wins over a hand's mark."""

    name: str = "used"
    version: int = 1
    fields: tuple[Field, ...] = (*_ADDRESS, Field("at", int), Field("by_hand", int))

    def export(self, tx: Tx) -> SectionLines:
        return exported(tx, self, "SELECT * FROM used ORDER BY account, branch, idx")

    def merge(self, tx: Tx, rows: Sequence[Row], accounts: AccountMap) -> Tally:
        tally = Tally()
        for chunk in placed_chunks(rows, accounts, "A used address", tally):
            new = tx.execute(
                "INSERT INTO used SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, "
                "value ->> 4 <> 0 FROM json_each(?) WHERE true ON CONFLICT DO UPDATE SET by_hand = 0 "
                "WHERE by_hand = 1 AND excluded.by_hand = 0",
                (json.dumps(chunk),),
            )
            tally.restored += new
            tally.unchanged += len(chunk) - new
        return tally


_GROWN = (
    "INSERT INTO {table} SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?3) "
    "WHERE true ON CONFLICT DO UPDATE SET next_word = excluded.next_word "
    "WHERE excluded.next_word BETWEEN next_word + 1 AND ?2 AND next_word >= ?1"
)


@dataclass(frozen=True, slots=True)
class _Counters:
    """The sequential counters of branches; they only grow, and one that is damaged stays so."""

    name: str = "counters"
    version: int = 1
    fields: tuple[Field, ...] = (Field("account", int), Field("branch", int), Field("next_word", int))

    def export(self, tx: Tx) -> SectionLines:
        return exported(tx, self, "SELECT * FROM counters ORDER BY account, branch")

    def merge(self, tx: Tx, rows: Sequence[Row], accounts: AccountMap) -> Tally:
        tally = Tally()
        kept = placed(rows, accounts, "A counter", tally)
        tally.restored = bulk.execute(
            tx,
            _GROWN.format(table="counters"),
            (FIRST_HARDENED, WORD32_MAX),
            kept,
        )
        tally.unchanged = len(kept) - tally.restored
        return tally


@dataclass(frozen=True, slots=True)
class _AccountCounters:
    """Which account number of a kind is next; it only grows."""

    name: str = "account-counters"
    version: int = 1
    fields: tuple[Field, ...] = (Field("kind", str), Field("root", str), Field("next_word", int))

    def export(self, tx: Tx) -> SectionLines:
        return exported(tx, self, "SELECT * FROM account_counters ORDER BY kind, root")

    def merge(self, tx: Tx, rows: Sequence[Row], accounts: AccountMap) -> Tally:  # noqa: ARG002  # of no account
        grown = bulk.execute(
            tx,
            _GROWN.format(table="account_counters"),
            (FIRST_HARDENED, WORD32_MAX),
            rows,
        )
        return Tally(restored=grown, unchanged=len(rows) - grown)


@dataclass(frozen=True, slots=True)
class _Settings:
    """What the user set for the wallet. A setting of one account is named with its id after a slash."""

    name: str = "settings"
    version: int = 1
    fields: tuple[Field, ...] = (
        Field("name", str),
        Field("account", int, optional=True),
        Field("value", str),
    )

    def export(self, tx: Tx) -> SectionLines:
        return exported(
            tx,
            self,
            "SELECT iif(instr(name, '/'), substr(name, 1, instr(name, '/') - 1), name) AS name, "
            "iif(instr(name, '/'), CAST(substr(name, instr(name, '/') + 1) AS INTEGER), NULL) AS account, "
            "value FROM settings ORDER BY settings.name",
        )

    def merge(self, tx: Tx, rows: Sequence[Row], accounts: AccountMap) -> Tally:
        tally = Tally()
        whole = [[name, None, value] for name, account, value in rows if account is None]
        kept = placed(
            [[account, name, value] for name, account, value in rows if account is not None],
            accounts,
            "A setting",
            tally,
        )
        named = [(name, value) for name, _, value in whole]
        named += [(f"{name}/{account}", value) for account, name, value in kept]
        for name, value in named:
            here = tx.value("SELECT value FROM settings WHERE name = ?", (name,))
            if here is None:
                tx.execute("INSERT INTO settings VALUES (?, ?)", (name, value))
                tally.restored += 1
            elif here == value:
                tally.unchanged += 1
            else:
                tally.conflicts.append(RecordDiffersError(what="The setting", which=str(name)).text)
        return tally


@dataclass(frozen=True, slots=True)
class _IndexerKeys:
    """The keys that indexers want. They move no coin, and are sealed with the rest."""

    name: str = "indexer-keys"
    version: int = 1
    fields: tuple[Field, ...] = (Field("name", str), Field("value", bytes))

    def export(self, tx: Tx) -> SectionLines:
        return exported(
            tx,
            self,
            "SELECT name, value FROM meta WHERE substr(name, 1, ?1) = ?2 ORDER BY name",
            (len(indexer_keys.KEPT_AS), indexer_keys.KEPT_AS),
        )

    def merge(self, tx: Tx, rows: Sequence[Row], accounts: AccountMap) -> Tally:  # noqa: ARG002  # of no account
        ours = [row for row in rows if str(row[0]).startswith(indexer_keys.KEPT_AS)]
        new = bulk.execute(
            tx,
            "INSERT INTO meta SELECT value ->> 0, unhex(value ->> 1) FROM json_each(?) "
            "WHERE true ON CONFLICT DO NOTHING",
            (),
            ours,
        )
        return Tally(restored=new, unchanged=len(ours) - new)


SECTIONS: tuple[BackupSection[Tx], ...] = (
    _Requests(),
    _HandOuts(),
    _Used(),
    TableSection(
        "labels",
        "The label of address",
        "labels",
        (*_ADDRESS, Field("label", str)),
        ("account", "branch", "idx"),
    ),
    _Counters(),
    _AccountCounters(),
    TableSection(
        "candidates",
        "An account to look for",
        "candidates",
        (
            Field("kind", str),
            Field("number", int),
            Field("path", str),
            Field("fingerprint", str),
            Field("params", str),
            Field("same_key", str),
        ),
        ("same_key",),
    ),
    _Settings(),
    _IndexerKeys(),
    SECTION_L402_TOKENS,
    SECTION_STATIC_ADDRESSES,
    SECTION_LIGHTNING_NODES,
    SECTION_DEPOSIT_STEPS,
    SECTION_STATIC_EXITS,
)
"""All but the accounts, which come first."""
