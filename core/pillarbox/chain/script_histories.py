"""From output scripts to what paid them, with every word of the server checked.

Each transaction is hashed again, has to pay or spend the script that it is listed for, and, once a block is
said to hold it, has to be led to that block's header by a Merkle branch. What only a block beyond the
common part of both chains could prove is told unproven.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

from pillarbox.bitcoin import merkle
from pillarbox.bitcoin.headers import Header
from pillarbox.bitcoin.merkle import MerkleError
from pillarbox.bitcoin.serialization import SerializationError
from pillarbox.bitcoin.transaction import Transaction, TransactionError
from pillarbox.chain import electrum_protocol as protocol
from pillarbox.chain.electrum_errors import FalseProofError, FalseTransactionError, ServerRefusedError
from pillarbox.chain.electrum_protocol import HistoryItem, MerkleBranch
from pillarbox.chain.electrum_server import ElectrumServer
from pillarbox.chain.header_chain import HeaderChain
from pillarbox.chain.json_lines import Refusal
from pillarbox.chain.pace import Pace
from pillarbox.model.payment import ScriptHistory, Sighting

AT_ONCE = 200
"""Scripts looked up together."""

_KEPT = 2_000
"""Transactions kept in memory, of those that are not large."""

_LARGE = 20_000
"""Bytes. A transaction from this size on is parsed in a thread: it may take longer than a frame."""

_ATTEMPTS = 3

Place = tuple[str, int]
"""A txid, and the height of the block that is said to hold it."""


class _MovedError(Exception):
    """What a history listed is no longer there: the chain or the mempool has moved on."""


class ScriptHistories:
    """Looks scripts up on a server. Remembers transactions and proofs, which never change."""

    def __init__(self, headers: HeaderChain) -> None:
        self._headers = headers
        self._transactions: OrderedDict[str, Transaction] = OrderedDict()
        self._proven: dict[Place, bytes] = {}
        """The Merkle root that each was led to."""
        self._trusted: set[Place] = set()

    def trust(self, sightings: Iterable[Sighting]) -> None:
        """Take what was proven in an earlier run as proven, where no reorganisation can have reached it."""
        self._trusted.update(
            (each.txid, each.height)
            for each in sightings
            if each.proven and 0 < each.height <= self._headers.floor
        )

    async def look_up(
        self, server: ElectrumServer, scripts: Sequence[bytes]
    ) -> list[ScriptHistory | Refusal]:
        """The histories of up to AT_ONCE scripts, in order; a refusal where the server has one for a script.

        Raises ElectrumError. What makes the server unfit has not ended the connection: the caller does that.
        """
        calls = [protocol.history(protocol.script_hash(script)) for script in scripts]
        attempts = 0
        while True:
            attempts += 1
            listed = await server.ask_each(calls)
            try:
                return await self._read(server, dict(zip(scripts, listed, strict=True)))
            except _MovedError as moved:
                if attempts == _ATTEMPTS:
                    raise ServerRefusedError(
                        server=str(server.address), method="blockchain.transaction.get", reason=str(moved)
                    ) from moved

    async def _read(
        self, server: ElectrumServer, listed: Mapping[bytes, tuple[HistoryItem, ...] | Refusal]
    ) -> list[ScriptHistory | Refusal]:
        items = {
            script: {item.txid: item for item in each}
            for script, each in listed.items()
            if not isinstance(each, Refusal)
        }
        transactions = await self._fetch(
            server, dict.fromkeys(txid for each in items.values() for txid in each)
        )
        pace = Pace()
        paid: dict[bytes, list[tuple[HistoryItem, int, int]]] = {}
        for script, history in items.items():
            paid[script] = await _payments(server, script, history, transactions, pace)
        places = dict.fromkeys((item.txid, item.height) for each in paid.values() for item, _, _ in each)
        proven = await self._prove(server, list(places), transactions)
        found: list[ScriptHistory | Refusal] = []
        for script, each in listed.items():
            if isinstance(each, Refusal):
                found.append(each)
                continue
            sightings = tuple(
                Sighting(
                    script, item.txid, output, amount, max(item.height, 0), (item.txid, item.height) in proven
                )
                for item, output, amount in paid[script]
            )
            found.append(ScriptHistory(script, bool(items[script]), sightings, self._headers.replaced_from))
            await pace.breathe()
        return found

    async def _fetch(self, server: ElectrumServer, txids: Iterable[str]) -> dict[str, Transaction]:
        """The transactions of these ids. Raises FalseTransactionError, or _MovedError where one is gone."""
        found: dict[str, Transaction] = {}
        missing: list[str] = []
        for txid in txids:
            if (known := self._transactions.get(txid)) is not None:
                found[txid] = known
            else:
                missing.append(txid)
        answers = await server.ask_each([protocol.transaction(txid) for txid in missing])
        pace = Pace()
        for txid, raw in zip(missing, answers, strict=True):
            if isinstance(raw, Refusal):
                raise _MovedError(f"transaction {txid} is listed, but not there")
            large = len(raw) >= _LARGE
            found[txid] = (
                await asyncio.to_thread(_parsed, server, txid, raw) if large else _parsed(server, txid, raw)
            )
            if not large:
                self._transactions[txid] = found[txid]
            await pace.breathe()
        while len(self._transactions) > _KEPT:
            self._transactions.popitem(last=False)
        return found

    async def _prove(
        self, server: ElectrumServer, places: Sequence[Place], transactions: Mapping[str, Transaction]
    ) -> set[Place]:
        """Those of `places` that are in the chain as far as both sides have it."""
        shared = self._headers.shared_height
        proven = {place for place in places if place in self._trusted}
        wanted = [place for place in places if 0 < place[1] <= shared and place not in proven]
        headers = await self._headers.headers_at(server, {height for _, height in wanted})
        done = {place for place in wanted if self._proven.get(place) == headers[place[1]].merkle_root}
        wanted = [place for place in wanted if place not in done]
        branches = await server.ask_each([protocol.merkle_branch(*place) for place in wanted])
        pace = Pace()
        for place, branch in zip(wanted, branches, strict=True):
            txid, height = place
            if await self._leads(server, transactions[txid], height, branch, headers[height]):
                self._proven[place] = headers[height].merkle_root
                done.add(place)
            await pace.breathe()
        return proven | done

    async def _leads(
        self,
        server: ElectrumServer,
        transaction: Transaction,
        height: int,
        branch: MerkleBranch | Refusal,
        header: Header,
    ) -> bool:
        """Whether the branch is a proof.

        False where it could be one of something else, and while the server is on other blocks than the chain
        followed. Raises FalseProofError where it is on the same.
        """
        if isinstance(branch, Refusal):
            return False
        try:
            merkle.prove(transaction, branch.branch, branch.position, header.merkle_root)
        except MerkleError as error:
            if error.flaw in merkle.AMBIGUOUS:
                return False
            (shown,) = await server.ask([protocol.header(height)])
            if shown != header.serialise():
                return False
            raise FalseProofError(
                server=str(server.address),
                txid=transaction.txid_text,
                height=height,
                reason=error.flaw.value,
            ) from error
        return True


def _parsed(server: ElectrumServer, txid: str, raw: bytes) -> Transaction:
    try:
        transaction = Transaction.parse(raw)
    except (SerializationError, TransactionError) as error:
        raise FalseTransactionError(server=str(server.address), txid=txid, reason=str(error)) from error
    if transaction.txid_text != txid:
        raise FalseTransactionError(server=str(server.address), txid=txid, reason="it is another one")
    return transaction


async def _payments(
    server: ElectrumServer,
    script: bytes,
    history: Mapping[str, HistoryItem],
    transactions: Mapping[str, Transaction],
    pace: Pace,
) -> list[tuple[HistoryItem, int, int]]:
    """The outputs to `script`: which transaction, which output, how much.

    Raises FalseTransactionError for a transaction that neither pays `script` nor spends what paid it.
    """
    payments: list[tuple[HistoryItem, int, int]] = []
    for txid, item in history.items():
        outputs = enumerate(transactions[txid].outputs)
        payments += [(item, number, paid.amount) for number, paid in outputs if paid.script == script]
        await pace.breathe()
    coins = {(transactions[item.txid].txid, number) for item, number, _ in payments}
    paying = {item.txid for item, _, _ in payments}
    for txid in history:
        await pace.breathe()
        spent = {(each.txid, each.output) for each in transactions[txid].inputs}
        if txid not in paying and not spent & coins:
            raise FalseTransactionError(
                server=str(server.address), txid=txid, reason="it has nothing to do with the address"
            )
    return payments
