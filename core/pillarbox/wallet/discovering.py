"""Finds the accounts that an imported wallet's words were used for elsewhere, and adds them."""

import asyncio
from collections.abc import Awaitable, Callable

from pillarbox.accounts import Kinds
from pillarbox.chain.usage import UsageSource
from pillarbox.model.account import AccountId
from pillarbox.model.network import Network
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
        source: Callable[[], Awaitable[UsageSource]],
        adopt: Adopt,
        scan: Callable[[AccountId], None],
    ) -> None:
        self._network = network
        self._kinds = kinds
        self._db = db
        self._source = source
        self._adopt = adopt
        self._scan = scan
        self._done = asyncio.Event()

    async def done(self) -> None:
        """Return once every candidate was asked about."""
        await self._done.wait()

    async def run(self) -> None:
        """Ask about what remains; then there is nothing more to do."""
        left = await self._db.read(candidates.remaining)
        source = await self._source() if left else None
        for candidate in left:
            assert source is not None  # noqa: S101  # for the type: there is a candidate
            await self._look_at(candidate, source)
        self._done.set()

    async def _look_at(self, candidate: Candidate, source: UsageSource) -> None:
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
            for row in deriver.derive(branch.number, 0, kind.gap_limit)
        ]
