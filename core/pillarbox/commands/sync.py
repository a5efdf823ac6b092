"""`sync`: learn from the chain which addresses were paid, once or for as long as it runs."""

import asyncio
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from pillarbox.accounts.kind import UsageProof
from pillarbox.app.local_socket import ToldError
from pillarbox.chain.electrum_errors import NoServerError
from pillarbox.commands.command import Command, Replies, Where, opened
from pillarbox.commands.nouns import JsonObject, accounts_of, address_object, connection_object
from pillarbox.errors import ErrorText, InvalidInputError, PillarboxError
from pillarbox.events import (
    AddressesDerived,
    AddressEvent,
    ConnectionChanged,
    Event,
    ScanProgressed,
    ScreenLocked,
    ServiceStateChanged,
)
from pillarbox.model.account import AccountId, ScanState
from pillarbox.model.address import AddressRef
from pillarbox.model.network import BITCOIN, CARDANO, Chain
from pillarbox.model.progress import ConnectionPhase, ConnectionState
from pillarbox.secret import Secret
from pillarbox.wallet.open_accounts import service_name

if TYPE_CHECKING:
    from pillarbox.app.application import Application
    from pillarbox.wallet.wallet import Wallet

PATIENCE = 30.0
"""Seconds without a connection after which there is no point in waiting on."""
LOSSES = 3
"""As many connections that broke and brought nothing have the same effect."""
_REACHED = (ConnectionPhase.SYNCING, ConnectionPhase.CONNECTED)
_UNKNOWN_PAST = (ScanState.UNSCANNED, ScanState.SCANNING)


class NoServerNamedError(NoServerError):
    """No parameters."""

    title = "No server is set"
    hint = (
        "Name one: pillarbox sync NAME --electrum HOST:PORT, with --coin COIN for another coin than Bitcoin. "
        "For Cardano: pillarbox sync NAME --indexer URL"
    )


class NotConnectedError(PillarboxError):
    """Parameters: network."""

    code = "not-connected"
    title = "No server answers"
    message = "None of the servers set for {network} could be reached. What was found before is kept."
    hint = "Check the network and the servers' addresses, and try again."


class AddressesRefusedError(PillarboxError):
    """Parameters: count."""

    code = "addresses-refused"
    title = "Not every address could be looked up"
    message = (
        "No server would tell of {count} of this wallet's addresses, so what came there is not shown, or not "
        "all of it. The money is safe, and everything else is up to date."
    )
    hint = "Sync with another server, best with one of your own."


class EndOfAddressesError(PillarboxError):
    """Parameters: account, wallet."""

    code = "words-needed"
    title = "The search came to the end of the addresses made"
    message = (
        'Addresses of "{account}" are made with the recovery words, and all that were made are looked up. '
        "Later ones may have been paid too. The money is safe, and everything else is up to date."
    )
    hint = 'Make more, then sync again: pillarbox account prepare "{wallet}" "{account}"'


Failures = Mapping[Chain, PillarboxError]
"""Why the servers of a chain could not be used."""


@dataclass(frozen=True, slots=True)
class SyncArguments:
    """`electrum` is HOST:PORT[:t|s], put first in the settings. With `watch` it goes on until cancelled.

    `coin` is a coin's name; without it `electrum` is Bitcoin's, where the wallet has any.
    """

    wallet: str
    electrum: str | None = None
    watch: bool = False
    coin: str | None = None
    indexer: str | None = None
    """Cardano's server, by its web address."""
    project_key: Secret | None = field(default=None, repr=False)
    gap_limit: int | None = None
    """Look so far beyond the last used address of every account, now and from now on."""


async def sync(app: "Application", arguments: SyncArguments) -> Replies:
    """Progress; then a summary; then with `watch` an object for every change.

    Without `watch` it raises after the summary: what the servers of a coin failed with, AddressesRefusedError
    where addresses were refused, WordsNeededError where a scan came to the end of the addresses made.
    """
    wallet = opened(app, arguments.wallet)
    chains = _chains_to_ask(app, wallet, arguments)
    if arguments.project_key is not None:
        await _keep_key(wallet, arguments.project_key)
    if arguments.gap_limit is not None:
        await wallet.scan_wider(arguments.gap_limit)
    heard: asyncio.Queue[Event | None] = asyncio.Queue()
    subscriptions = (
        app.events.subscribe(Event, heard.put_nowait, wallet.id),
        app.events.subscribe(ConnectionChanged, heard.put_nowait),
    )
    catching_up = asyncio.create_task(_catch_up_all(app, wallet, chains), name="sync")
    catching_up.add_done_callback(lambda _: heard.put_nowait(None))
    try:
        while (event := await heard.get()) is not None:
            if isinstance(event, ScanProgressed):
                yield event.progress
        failed = catching_up.result()
        yield _summary(app, wallet, chains, failed)
        if not arguments.watch:
            _require_all_told(wallet, chains, failed)
        while arguments.watch and (event := await heard.get()) is not None:
            if isinstance(event, ScreenLocked):
                wallet.unlocking.require_unlocked()
            for told in _told(wallet, chains, event):
                yield told
    finally:
        for subscription in subscriptions:
            subscription.close()
        catching_up.cancel()
        await asyncio.gather(catching_up, return_exceptions=True)


async def catch_up(app: "Application", wallet: "Wallet") -> None:
    """Learn all that Bitcoin's server tells of the wallet now. Raises what `sync` does."""
    await _catch_up(app, wallet, Chain(BITCOIN, wallet.network))


async def _keep_key(wallet: "Wallet", key: Secret) -> None:
    with key:
        if not key.text().strip():
            why = "The file is empty. A key that was kept before stays as it is."
            raise InvalidInputError(what="project key", why=why)
        await wallet.project_keys.keep(Chain(CARDANO, wallet.network), key.text())


def _chains_to_ask(app: "Application", wallet: "Wallet", arguments: SyncArguments) -> list[Chain]:
    """Those with a server, once the one that is named was kept.

    Raises InvalidInputError and NoServerNamedError, and has changed nothing then.
    """
    chains = _chains(wallet, arguments.coin)
    named = {}
    if arguments.electrum is not None:
        if chains[0].coin == CARDANO:
            raise InvalidInputError(what="server", why="Cardano is told of by an indexer: --indexer URL")
        named[chains[0]] = arguments.electrum
    if arguments.indexer is not None:
        if arguments.coin not in (None, CARDANO.name):
            why = f"An indexer tells of Cardano, and --coin asks for {arguments.coin} alone."
            raise InvalidInputError(what="indexer", why=why)
        named[Chain(CARDANO, wallet.network)] = arguments.indexer
    asked = [chain for chain in chains if chain in named or app.settings.values.servers_for(chain.name)]
    if not asked:
        raise NoServerNamedError
    for chain, server in named.items():
        app.connections.use_server(chain, server)
    return asked


def _require_all_told(wallet: "Wallet", chains: Collection[Chain], failed: Failures) -> None:
    for error in failed.values():
        raise error
    if wallet.watching.refused:
        raise AddressesRefusedError(count=wallet.watching.refused)
    for account in wallet.accounts.all():
        kind = wallet.accounts.kind(account.id)
        if wallet.accounts.lacks_rows(account.id) and Chain(kind.coin, wallet.network) in chains:
            raise EndOfAddressesError(account=account.label, wallet=wallet.name)


def _chains(wallet: "Wallet", coin: str | None) -> list[Chain]:
    """Those that the wallet's accounts are on, Bitcoin's first; or one. Raises InvalidInputError."""
    accounts = wallet.accounts
    kinds = [accounts.kind(account.id) for account in accounts.all()]
    coins = list(dict.fromkeys(kind.coin for kind in kinds if kind.usage is UsageProof.CHAIN)) or [BITCOIN]
    coins.sort(key=lambda each: each != BITCOIN)
    if coin is not None:
        names = ", ".join(each.name for each in coins)
        coins = [each for each in coins if each.name == coin]
        if not coins:
            raise InvalidInputError(what="coin", why=f"Servers are asked for this wallet about: {names}.")
    return [Chain(each, wallet.network) for each in coins]


async def _catch_up_all(app: "Application", wallet: "Wallet", chains: Sequence[Chain]) -> Failures:
    """Catch up with all of them, each for itself; what some failed with. Raises where a single one did."""
    work = [_catch_up(app, wallet, chain) for chain in chains]
    failed: dict[Chain, PillarboxError] = {}
    for chain, ended in zip(chains, await asyncio.gather(*work, return_exceptions=True), strict=True):
        if isinstance(ended, PillarboxError):
            failed[chain] = ended
        elif ended is not None:
            raise ended
    if failed and len(chains) == 1:
        raise failed[chains[0]]
    return failed


async def _catch_up(app: "Application", wallet: "Wallet", chain: Chain) -> None:
    """Return once all is known of every account's past, and of every watched address, that servers tell."""
    tasks = (
        asyncio.create_task(_lose_patience(app, wallet, chain), name="sync connection"),
        asyncio.create_task(_lose_services(app, wallet, chain), name="sync services"),
        asyncio.create_task(_scan_and_watch(app, wallet, chain), name="sync work"),
    )
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _scan_and_watch(app: "Application", wallet: "Wallet", chain: Chain) -> None:
    await wallet.discovering.done([chain])
    changed = asyncio.Event()
    subscription = app.events.subscribe(ScanProgressed, lambda _: changed.set(), wallet.id)
    try:
        unscanned = _unscanned(wallet, chain)
        for account in unscanned:
            wallet.scanning.start(account)
        while any(wallet.scanning.is_running(account) for account in unscanned):
            await changed.wait()
            changed.clear()
    finally:
        subscription.close()
    await wallet.watching.caught_up([chain])


def _unscanned(wallet: "Wallet", chain: Chain) -> list[AccountId]:
    accounts = wallet.accounts
    return [
        account.id
        for account in accounts.all()
        if account.scan_state in _UNKNOWN_PAST
        and (kind := accounts.kind(account.id)).usage is UsageProof.CHAIN
        and kind.coin == chain.coin
    ]


async def _lose_services(app: "Application", wallet: "Wallet", chain: Chain) -> None:
    """Never return; raise the error of a service that fails, although it is started again."""
    by_chain = (wallet.scanning.name, wallet.watching.name)
    needed = {wallet.discovering.name, *(service_name(name, chain) for name in by_chain)}
    failed: asyncio.Future[ErrorText] = asyncio.get_running_loop().create_future()

    def note(event: ServiceStateChanged) -> None:
        if event.service in needed and event.state.error is not None and not failed.done():
            failed.set_result(event.state.error)

    subscription = app.events.subscribe(ServiceStateChanged, note, wallet.id)
    try:
        raise ToldError(await failed)
    finally:
        subscription.close()


@dataclass(slots=True)
class _Patience:
    """With a connection that does not come, or does not last."""

    deadline: float | None = None
    """The loop's time; None while there is a connection."""
    losses: int = 0
    reached: bool = False

    def note(self, state: ConnectionState, *, only_one: bool, now: float) -> None:
        """Raises ToldError where the only server is refused, or broke off once too often."""
        if state.error is not None:
            self.losses += self.reached
            self.reached = False
            if self.losses == LOSSES or (only_one and state.phase is ConnectionPhase.REFUSED):
                raise ToldError(state.error)
        if state.phase in _REACHED:
            self.deadline, self.reached = None, True
        elif self.deadline is None:
            self.deadline = now + PATIENCE

    def note_progress(self, event: ScanProgressed) -> None:
        if event.running:
            self.losses = 0


async def _lose_patience(app: "Application", wallet: "Wallet", chain: Chain) -> None:
    """Never return; raise where there is no point in waiting on for a connection."""
    changed = asyncio.Event()
    patience = _Patience()
    subscriptions = (
        app.events.subscribe(ConnectionChanged, lambda _: changed.set()),
        app.events.subscribe(ScanProgressed, patience.note_progress, wallet.id),
    )
    try:
        while True:
            changed.clear()
            state = app.connections.state(chain, wallet.id)
            only_one = len(app.settings.values.servers_for(chain.name)) == 1
            patience.note(state, only_one=only_one, now=asyncio.get_running_loop().time())
            try:
                async with asyncio.timeout_at(patience.deadline):
                    await changed.wait()
            except TimeoutError:
                if state.error is not None:
                    raise ToldError(state.error) from None
                raise NotConnectedError(network=f"{chain.coin.title} {chain.network}") from None
    finally:
        for subscription in subscriptions:
            subscription.close()


def _summary(app: "Application", wallet: "Wallet", chains: Sequence[Chain], failed: Failures) -> JsonObject:
    """`connection` is that of the first chain; `unasked` names chains that no server is set for."""
    state = partial(app.connections.state, wallet=wallet.id)
    return {
        "wallet": wallet.name,
        "network": wallet.network.value,
        "connection": connection_object(state(chains[0])),
        "connections": {chain.name: connection_object(state(chain)) for chain in chains},
        "failed": {chain.name: asdict(error.text) for chain, error in failed.items()},
        "unasked": [chain.name for chain in _chains(wallet, None) if chain not in chains],
        "refused": wallet.watching.refused,
        "accounts": accounts_of(wallet),
    }


def _told(wallet: "Wallet", chains: Collection[Chain], event: Event) -> Iterator[JsonObject]:
    """What a watcher is told of an event: one object an address, or the connection's state.

    Addresses made in advance are nobody's business yet.
    """
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", type(event).__name__).lower()
    match event:
        case AddressesDerived():
            return
        case AddressEvent():
            kind = wallet.accounts.kind(event.account)
            branch = next(branch.name for branch in kind.branches if branch.number == event.branch)
            for index in event.indices:
                ref = AddressRef(event.account, event.branch, index)
                yield {"event": name, **address_object(wallet.accounts.address(ref), branch, kind.coin)}
        case ConnectionChanged() if event.chain in chains and event.wallet in (None, wallet.id):
            yield {"event": name, "chain": event.chain.name, **connection_object(event.state)}


COMMANDS = (Command("sync", SyncArguments, Where.OPEN_WALLET, sync, can_resume=True),)
