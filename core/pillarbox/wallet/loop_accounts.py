"""Makes accounts of static addresses, step by step: a token that is paid for, then a server's answer.

Each step is kept before the next begins, so that running it again goes on where it stood.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from pillarbox.accounts.kind import Enrolment, Served
from pillarbox.accounts.loop_static import LOOP_STATIC, REGISTERED, public_nodes
from pillarbox.bitcoin.bolt11 import Invoice
from pillarbox.errors import PillarboxError
from pillarbox.keys.root import Root
from pillarbox.loop.l402 import Challenge
from pillarbox.loop.price import MOST_COST
from pillarbox.model.account import Account, ScanState
from pillarbox.model.network import Network
from pillarbox.storage import static_addresses
from pillarbox.storage.database import Database
from pillarbox.storage.l402_tokens import StoredToken
from pillarbox.wallet import loop_generations
from pillarbox.wallet.loop_files import FoundFile, NoBackupError
from pillarbox.wallet.loop_restore import KeepAccount, Older, Restored
from pillarbox.wallet.loop_surroundings import Server

PAYMENT_REQUIRED = "payment-required"
"""The code of a server's refusal."""


class PaymentNeededError(PillarboxError):
    """Parameters: server, invoice, msat."""

    code = "l402-payment-needed"
    title = "The server wants to be paid first"
    message = "{server} wants {msat} millisatoshi for an access token, once. Its invoice: {invoice}"
    hint = "Pay it from any Lightning wallet and enter the proof, or have your own node pay. Then go on."


class NothingDemandedError(PillarboxError):
    """Parameters: server."""

    code = "loop-no-token"
    title = "This server hands out no token"
    message = (
        "{server} asks for no payment. An address without a token could not be restored, so none is made."
    )
    hint = "Choose a server that demands an L402 token, as Loop's do."


class TokenNotTakenError(PillarboxError):
    """Parameters: server."""

    code = "l402-not-taken"
    title = "The server does not take the token"
    message = "{server} wants to be paid again, although the wallet has a paid token of it. Nothing was paid."
    hint = "Try again later: the token stays valid. If it stays so, tell the server's operator."


class Tokens(Protocol):
    """The wallet's tokens."""

    async def free(self, server: str) -> StoredToken | None: ...
    async def waiting_for(self, server: str) -> StoredToken | None: ...
    async def demanded(self, server: str, challenge: Challenge, most: int) -> StoredToken: ...
    async def give_out(self) -> tuple[StoredToken, Invoice]: ...


class Restore(Protocol):
    """The wallet's backups."""

    async def look(self, root: Root | None = None, file: Path | None = None) -> list[FoundFile]: ...
    async def restore(self, looked_at: Sequence[FoundFile], root: Root | None) -> Restored: ...
    async def restore_older(self, looked_at: Sequence[FoundFile], root: Root) -> list[Older]: ...


class LoopAccounts:
    """One account at a time: two makers would register one client key twice."""

    def __init__(  # noqa: PLR0913, PLR0917  # a service is given exactly what it needs
        self,
        network: Network,
        db: Database,
        server: Callable[[str], Server],
        tokens: Tokens,
        restore: Restore,
        keep_account: KeepAccount,
        next_number: Callable[[str], Awaitable[int]],
        height: Callable[[], int],
    ) -> None:
        """`height` tells that of the chain, 0 while it is not known."""
        self._network = network
        self._db = db
        self._server = server
        self._tokens = tokens
        self._restore = restore
        self._keep_account = keep_account
        self._next_number = next_number
        self._height = height
        self._making = asyncio.Lock()
        self.made: Callable[[Account], Awaitable[None]] = _nothing
        """Told of each account that a server answered for, before it is returned."""

    async def go_on(
        self, url: str, root: Root, *, new_generation: bool = False, most: int = MOST_COST
    ) -> Account:
        """The account of the server at `url`: the one there is, one restored from a backup, or a new one.

        With `new_generation` a further one is made, and paid for, knowingly. `most`: millisatoshi that its
        token may cost. Raises PaymentNeededError where
        a payment comes first (run it again after that), NoUsableBackupError where backups are there that this
        wallet cannot use, NothingDemandedError, and what server, tokens and kind raise.
        """
        server = await asyncio.to_thread(self._server, url)
        name = str(server.url)
        async with self._making:
            if (token := await self._tokens.free(name)) is not None:
                return await self._register(server, token, root)
            if await self._tokens.waiting_for(name) is None:
                if not new_generation and (here := await self._here(name, root)) is not None:
                    return here
                challenge = await server.demand()
                if challenge is None:
                    raise NothingDemandedError(server=name)
                await self._tokens.demanded(name, challenge, most)
            waiting, invoice = await self._tokens.give_out()
            raise PaymentNeededError(server=name, invoice=waiting.invoice, msat=invoice.amount_msat or 0)

    async def name_of(self, url: str) -> str:
        """A server's address as it is kept; "" for "". Raises InvalidInputError."""
        return str((await asyncio.to_thread(self._server, url)).url) if url else ""

    async def _here(self, server: str, root: Root) -> Account | None:
        """The newest account of the server, or of one not known. A wallet without any is restored first."""
        if await self._db.read(loop_generations.is_empty):
            await self._restored(root)
        kept = await self._db.read(loop_generations.kept)
        of_server = [each for each in kept if each.static.server in (server, "")]
        latest = max(reversed(of_server), key=lambda each: each.token.created_at, default=None)
        return None if latest is None else latest.account

    async def _restored(self, root: Root) -> None:
        """From the latest valid backup, where there is any. Raises as `go_on` does."""
        with suppress(NoBackupError):
            looked_at = await self._restore.look(root)
            await self._restore.restore(looked_at, root)
            await self._restore.restore_older(looked_at, root)

    async def _register(self, server: Server, token: StoredToken, root: Root) -> Account:
        number = await self._next_number(LOOP_STATIC.name)
        nodes = await asyncio.to_thread(public_nodes, root, self._network, strict=False)
        client_key = nodes[REGISTERED.number].child(number).key
        try:
            answer = await server.new_address(client_key, token.token)
        except PillarboxError as error:
            if error.code == PAYMENT_REQUIRED:
                raise TokenNotTakenError(server=str(server.url)) from error
            raise
        height = self._height()
        served = Served(
            str(server.url),
            answer.server_key,
            answer.expiry,
            client_key,
            first_height=height,
            multi_address_first_height=height,
        )
        need = Enrolment(self._network, number, root, served=served)
        params = await asyncio.to_thread(LOOP_STATIC.enrol, need)
        account = await self._keep_account(
            LOOP_STATIC.name,
            params,
            number,
            scan_state=ScanState.MADE_HERE,
            before=lambda _tx: None,
            after=lambda tx, made: static_addresses.bind(tx, made.id, token.token_id),
        )
        await self.made(account)
        return account


async def _nothing(account: Account) -> None:
    del account
