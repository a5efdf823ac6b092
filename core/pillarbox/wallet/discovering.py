"""Finds the accounts that an imported wallet's words were used for elsewhere, and adds them.

BIP44 stops at the first account that was never used. Here each is asked about: an unpaid one may lie between.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from pillarbox.accounts import Kinds
from pillarbox.chain.usage import UsageSource
from pillarbox.model.account import AccountId
from pillarbox.model.network import Chain, Network
from pillarbox.storage import candidates
from pillarbox.storage.candidates import Candidate
from pillarbox.storage.database import Database

Adopt = Callable[[Candidate], Awaitable[AccountId | None]]
"""Make an account of a candidate; None where the wallet has it already."""


class Discovering:
    """A service: asks once about the first addresses of each candidate, as many as its gap limit."""

    name = "discovering"

    def __init__(
        self,
        network: Network,
        kinds: Kinds,
        db: Database,
        source: Callable[[Chain], Awaitable[UsageSource]],
        adopt: Adopt,
        scan: Callable[[AccountId], None],
    ) -> None:
        self._network = network
        self._kinds = kinds
        self._db = db
        self._source = source
        self._adopt = adopt
        self._scan = scan
        self._left: dict[Chain, list[Candidate]] | None = None
        """Those that were not asked about yet; None before they are known."""
        self._changed = asyncio.Event()

    async def done(self, chains: Collection[Chain] | None = None) -> None:
        """Return once every candidate was asked about; with `chains`, those on these alone."""
        while self._left is None or any(chains is None or chain in chains for chain in self._left):
            await self._changed.wait()

    async def run(self) -> None:
        """Ask about what remains, each chain for itself; then there is nothing more to do."""
        left: dict[Chain, list[Candidate]] = {}
        for candidate in await self._db.read(candidates.remaining):
            chain = Chain(self._kinds.get(candidate.kind).coin, self._network)
            left.setdefault(chain, []).append(candidate)
        self._left = left
        self._tell()
        try:
            async with asyncio.TaskGroup() as group:
                for chain, on_it in tuple(left.items()):
                    group.create_task(self._look_at_all(chain, on_it))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _look_at_all(self, chain: Chain, left: Sequence[Candidate]) -> None:
        source = await self._source(chain)
        for candidate in sorted(left, key=lambda each: each.number):
            await self._look_at(candidate, source)
        if self._left is not None:
            del self._left[chain]
        self._tell()

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _look_at(self, candidate: Candidate, source: UsageSource) -> None:
        """Adopt it where it was used; forget it where it was not; where nothing is told it stays."""
        histories = await source.history(await asyncio.to_thread(self._scripts, candidate))
        if any(history.touched for history in histories):
            account = await self._adopt(candidate)
            if account is not None:
                self._scan(account)
        elif not any(history.refused for history in histories):
            await self._db.write(lambda tx: candidates.remove(tx, candidate.same_key))

    def _scripts(self, candidate: Candidate) -> list[bytes]:
        kind = self._kinds.get(candidate.kind)
        deriver = kind.deriver(candidate.params, self._network)
        return [
            row.watch_key
            for branch in kind.branches
            if branch.paid
            for row in deriver.derive(branch.number, 0, kind.gap_limit)
        ]
