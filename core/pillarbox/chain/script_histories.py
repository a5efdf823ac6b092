"""From output scripts to what paid them, with every word of the server checked.

Each transaction is hashed again, has to pay or spend the script that it is listed for, and, once a block is
said to hold it, has to be led to that block's header by a Merkle branch. What only a block beyond the
common part of both chains could prove is told unproven. What was proven stays for as long as its block does.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pillarbox.bitcoin import merkle
from pillarbox.bitcoin.hashes import sha256d
from pillarbox.bitcoin.headers import Header
from pillarbox.bitcoin.merkle import MerkleError
from pillarbox.bitcoin.serialization import SerializationError
from pillarbox.bitcoin.transaction import Transaction, TransactionError
from pillarbox.chain import electrum_protocol as protocol
from pillarbox.chain.electrum_errors import (
    ElectrumError,
    FalseProofError,
    FalseTransactionError,
    ServerRefusedError,
)
from pillarbox.chain.electrum_protocol import HistoryItem, MerkleBranch
from pillarbox.chain.electrum_server import ElectrumServer
from pillarbox.chain.headers import Headers
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

Output = tuple[str, int]
"""A txid and the number of one of its outputs."""


class Part(NamedTuple):
    """What a transaction has to do with a script."""

    outputs: tuple[tuple[int, int], ...]
    """Those that pay it: number and amount."""
    spends: tuple[Output, ...]
    """Which of the outputs that paid it are spent, as far as this run has looked."""


Parts = Mapping[str, Part]
"""By txid."""


class _MovedError(Exception):
    """What a history listed is no longer so: the chain or the mempool has moved on."""

    def __init__(self, otherwise: ElectrumError) -> None:
        """`otherwise`: what it is when nothing has moved."""
        super().__init__(str(otherwise))
        self.otherwise = otherwise


class ScriptHistories:
    """Looks scripts up on a server. Remembers what it was shown, and the proofs."""

    def __init__(self, headers: Headers) -> None:
        self._headers = headers
        self._transactions: OrderedDict[str, Transaction] = OrderedDict()
        self._parts: dict[bytes, Parts] = {}
        """By script, for each transaction of its history when it was last looked up."""
        self._blocks: dict[Place, bytes] = {}
        """The hash of the block that each was proven to be in."""
        self._proven: dict[bytes, dict[Output, Sighting]] = {}
        """By script, what was proven and, as far as is known, not replaced."""

    def trust(self, seen: Iterable[Sighting]) -> None:
        """Take over what an earlier run proved; it counts for as long as its block is part of the chain."""
        parts: dict[bytes, dict[str, Part]] = {}
        for each in seen:
            if each.block:
                self._blocks[each.txid, each.height] = each.block
                self._proven.setdefault(each.watch_key, {})[each.txid, each.output] = each
                of_script = parts.setdefault(each.watch_key, {})
                before = of_script[each.txid].outputs if each.txid in of_script else ()
                of_script[each.txid] = Part((*before, (each.output, each.amount)), spends=())
        for script, of_script in parts.items():
            self._parts[script] = {**of_script, **self._parts.get(script, {})}

    def remembers(self, script: bytes) -> bool:
        """Whether anything was ever proven about the script."""
        return script in self._proven

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
                    raise moved.otherwise from moved

    async def _read(
        self, server: ElectrumServer, listed: Mapping[bytes, tuple[HistoryItem, ...] | Refusal]
    ) -> list[ScriptHistory | Refusal]:
        items = {
            script: {item.txid: item for item in each}
            for script, each in listed.items()
            if not isinstance(each, Refusal)
        }
        known = {script: self._parts.get(script, {}) for script in items}
        unread = [txid for script, history in items.items() for txid in history if txid not in known[script]]
        transactions = await self._fetch(server, unread)
        pace = Pace()
        parts: dict[bytes, Parts] = {}
        for script, history in items.items():
            parts[script] = await _parts(server, script, history, known[script], transactions, pace)
        places = dict.fromkeys(
            (item.txid, item.height)
            for script, history in items.items()
            for item in history.values()
            if parts[script][item.txid].outputs
        )
        blocks = await self._prove(server, list(places), transactions)
        self._parts.update((script, each) for script, each in parts.items() if each)
        found: list[ScriptHistory | Refusal] = []
        for script, each in listed.items():
            if isinstance(each, Refusal):
                found.append(each)
            else:
                told = await _told(script, items[script], parts[script], blocks, pace)
                found.append(await self._history(server, script, parts[script], told))
            await pace.breathe()
        return found

    async def _history(
        self, server: ElectrumServer, script: bytes, parts: Parts, told: dict[Output, Sighting]
    ) -> ScriptHistory:
        """What the server tells of a script, and what it leaves out although it was proven."""
        before = self._proven.get(script, {})
        left_out = {
            output: each for output, each in before.items() if output not in told or not told[output].proven
        }
        told |= await self._standing(server, left_out)
        now = self._proven.get(script, {})
        after = {output: each for output, each in now.items() if output not in left_out}
        after |= {output: each for output, each in told.items() if each.proven}
        if after:
            self._proven[script] = after
        else:
            self._proven.pop(script, None)
        spends = tuple(txid for txid, part in parts.items() if part.spends)
        spent = tuple((*output, txid) for txid, part in parts.items() for output in part.spends)
        return ScriptHistory(
            script, bool(parts) or bool(told), tuple(told.values()), spends=spends, spent=spent
        )

    async def _standing(
        self, server: ElectrumServer, proven: Mapping[Output, Sighting]
    ) -> dict[Output, Sighting]:
        """Those of `proven` whose blocks are still part of the chain."""
        top = self._headers.height or 0
        heights = {each.height for each in proven.values() if each.height <= top}
        headers = await self._headers.headers_at(server, heights)
        blocks = {height: sha256d(header.serialise()) for height, header in headers.items()}
        return {output: each for output, each in proven.items() if blocks.get(each.height) == each.block}

    async def _fetch(self, server: ElectrumServer, txids: Iterable[str]) -> dict[str, Transaction]:
        """The transactions of these ids. Raises FalseTransactionError, or _MovedError where one is gone."""
        found: dict[str, Transaction] = {}
        missing: list[str] = []
        for txid in dict.fromkeys(txids):
            if (known := self._transactions.get(txid)) is not None:
                found[txid] = known
            else:
                missing.append(txid)
        answers = await server.ask_each([protocol.transaction(txid) for txid in missing])
        pace = Pace()
        for txid, raw in zip(missing, answers, strict=True):
            if isinstance(raw, Refusal):
                raise _MovedError(_refused(server, "blockchain.transaction.get", f"{txid}: {raw.message}"))
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
    ) -> dict[Place, bytes]:
        """Those of `places` that are in the chain, and their blocks' hashes.

        What is not known to be is proven as far as both sides have the same blocks. `transactions` are those
        at hand. Raises FalseProofError, or _MovedError for what may be one.
        """
        proven: dict[Place, bytes] = {}
        pace = Pace()
        await self._headers.recall(server, {place[1] for place in places if place in self._blocks})
        for place in places:
            await pace.breathe()
            if (block := self._blocks.get(place)) is not None and self._headers.holds(place[1], block):
                proven[place] = block
        shared = self._headers.shared_height
        wanted = [place for place in places if 0 < place[1] <= shared and place not in proven]
        headers = await self._headers.headers_at(server, {height for _, height in wanted})
        wanted = [place for place in wanted if place[1] in headers]
        branches = await server.ask_each([protocol.merkle_branch(*place) for place in wanted])
        others = await self._fetch(server, (txid for txid, _ in wanted if txid not in transactions))
        for place, branch in zip(wanted, branches, strict=True):
            txid, height = place
            transaction = transactions.get(txid) or others[txid]
            if await self._leads(server, transaction, height, branch, headers[height]):
                proven[place] = self._blocks[place] = sha256d(headers[height].serialise())
            await pace.breathe()
        return proven

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
        followed. Where it is on the same, raises FalseProofError, or _MovedError for a branch refused.
        """
        reason = "it refuses to"
        if not isinstance(branch, Refusal):
            try:
                merkle.prove(transaction, branch.branch, branch.position, header.merkle_root)
            except MerkleError as error:
                if error.flaw in merkle.AMBIGUOUS:
                    return False
                reason = error.flaw.value
            else:
                return True
        (shown,) = await server.ask([protocol.header(height, server.rules.form.read_header)])
        if shown != header.serialise():
            return False
        false = FalseProofError(
            server=str(server.address), txid=transaction.txid_text, height=height, reason=reason
        )
        raise _MovedError(false) if isinstance(branch, Refusal) else false


def refused_script(server: ElectrumServer, script: bytes, refusal: Refusal) -> ServerRefusedError:
    """What it is when a server will not look a script up."""
    return _refused(server, f"the history of {protocol.script_hash(script)}", refusal.message)


def _refused(server: ElectrumServer, method: str, reason: str) -> ServerRefusedError:
    return ServerRefusedError(server=str(server.address), method=method, reason=reason)


def _parsed(server: ElectrumServer, txid: str, raw: bytes) -> Transaction:
    try:
        transaction = server.rules.form.read_transaction(raw)
    except (SerializationError, TransactionError) as error:
        raise FalseTransactionError(server=str(server.address), txid=txid, reason=str(error)) from error
    if transaction.txid_text != txid:
        raise FalseTransactionError(server=str(server.address), txid=txid, reason="it is another one")
    return transaction


async def _parts(
    server: ElectrumServer,
    script: bytes,
    history: Iterable[str],
    known: Parts,
    transactions: Mapping[str, Transaction],
    pace: Pace,
) -> Parts:
    """What each transaction of a history has to do with `script`; `transactions` are those not `known` yet.

    Raises FalseTransactionError for one that neither pays `script` nor spends what paid it.
    """
    parts: dict[str, Part] = {}
    for txid in history:
        if txid in known:
            parts[txid] = known[txid]
        else:
            outputs = enumerate(transactions[txid].outputs)
            paying = tuple((number, each.amount) for number, each in outputs if each.script == script)
            parts[txid] = Part(paying, spends=())
        await pace.breathe()
    coins = {
        (bytes.fromhex(txid)[::-1], number) for txid, part in parts.items() for number, _ in part.outputs
    }
    for txid, part in parts.items():
        if txid in known:
            continue
        spends = tuple(
            (each.txid[::-1].hex(), each.output)
            for each in transactions[txid].inputs
            if (each.txid, each.output) in coins
        )
        if not spends and not part.outputs:
            raise FalseTransactionError(
                server=str(server.address), txid=txid, reason="it has nothing to do with the address"
            )
        parts[txid] = part._replace(spends=spends)
        await pace.breathe()
    return parts


async def _told(
    script: bytes,
    history: Mapping[str, HistoryItem],
    parts: Parts,
    blocks: Mapping[Place, bytes],
    pace: Pace,
) -> dict[Output, Sighting]:
    """What a server tells of a script; `blocks` are those that it could prove."""
    told: dict[Output, Sighting] = {}
    for txid, item in history.items():
        block = blocks.get((txid, item.height), b"")
        for output, amount in parts[txid].outputs:
            told[txid, output] = Sighting(
                script, txid, output, amount, max(item.height, 0), bool(block), block
            )
        await pace.breathe()
    return told
