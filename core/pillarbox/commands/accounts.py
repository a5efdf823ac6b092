"""`account add|kinds|list|prepare`."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pillarbox.accounts.kind import Enrolment, KeyNeed, Requirement
from pillarbox.commands.command import Command, PassphraseNeededError, Replies, Where, opened
from pillarbox.commands.kinds import kind_object, payer_note
from pillarbox.commands.nouns import account_object, accounts_of
from pillarbox.commands.public_keys import require_account
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.loop.price import MOST_COST
from pillarbox.model.account import Account, ScanState
from pillarbox.secret import Secret

if TYPE_CHECKING:
    from pillarbox.accounts.kind import AccountKind
    from pillarbox.app.application import Application
    from pillarbox.wallet.wallet import Wallet


class NothingToPrepareError(PillarboxError):
    """Parameters: account."""

    code = "nothing-to-prepare"
    title = "This account needs no addresses made ahead"
    message = 'Addresses of "{account}" are made without the recovery words, whenever one is asked for.'
    hint = "Hand them out with: pillarbox receive NAME ACCOUNT. Nothing was changed."


@dataclass(frozen=True, slots=True)
class AddArguments:
    """`number` is the account's in the path, the next free one unless given. With `xpub` it is watch-only.

    A public key has its own number: another one is refused. `key_class` is for kinds that have one.
    """

    wallet: str
    kind: str
    number: int | None = None
    label: str = ""
    xpub: str | None = field(default=None, repr=False)
    gap_limit: int | None = None
    server: str | None = None
    key_class: int | None = None
    new_generation: bool = False
    """Of a kind with a server: make, and pay for, another one knowingly."""
    max_cost: int | None = None
    """In satoshi: what a server may want for a token."""
    passphrase: Secret | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.number is not None and self.number >= 1 << 31:
            raise InvalidInputError(what="account number", why="It is a number below 2147483648.")

    @property
    def most(self) -> int:
        """Millisatoshi that a token may cost."""
        return MOST_COST if self.max_cost is None else 1_000 * self.max_cost


@dataclass(frozen=True, slots=True)
class KindsArguments:
    """Nothing is asked: all of them are told."""


@dataclass(frozen=True, slots=True)
class ListArguments:
    wallet: str


@dataclass(frozen=True, slots=True)
class PrepareArguments:
    wallet: str
    account: str = ""
    passphrase: Secret | None = field(default=None, repr=False)


async def add(app: "Application", arguments: AddArguments) -> Replies:
    """A further account of the wallet, from its words or watch-only."""
    wallet = opened(app, arguments.wallet)
    kind = app.kinds.typed(arguments.kind)
    if arguments.server is not None and Requirement.SERVER not in kind.requires:
        raise InvalidInputError(what="server", why=f"{kind.title} is made without a server of its own.")
    if arguments.key_class is not None and "key_class" not in {extra.name for extra in kind.extras}:
        raise InvalidInputError(what="key class", why=f"{kind.title} has none.")
    if Requirement.SERVER in kind.requires:
        account = await _add_of_server(wallet, arguments)
        yield {**account_object(wallet, account), **_backup_note(wallet)}
        return
    if arguments.xpub is None:
        account = await _add_from_words(wallet, arguments)
    else:
        account = await _watch(wallet, kind, arguments)
    yield {**account_object(wallet, account), **payer_note(kind)}


async def kinds(app: "Application", arguments: KindsArguments) -> Replies:
    """Every kind that an account may be of."""
    del arguments
    for kind in app.kinds:
        yield kind_object(kind)


async def list_accounts(app: "Application", arguments: ListArguments) -> Replies:
    for account in accounts_of(opened(app, arguments.wallet)):
        yield account


async def prepare(app: "Application", arguments: PrepareArguments) -> Replies:
    """Make addresses ahead for an account whose every address takes the recovery words.

    Raises NothingToPrepareError for any other.
    """
    wallet = opened(app, arguments.wallet)
    account = wallet.accounts.get(arguments.account)
    if wallet.accounts.kind(account.id).key_need is not KeyNeed.EACH_ADDRESS:
        raise NothingToPrepareError(account=account.label)
    passphrase = await _passphrase(wallet, arguments.passphrase, "The addresses are made from")
    async with wallet.unlocking.root(passphrase) as root:
        made = await wallet.accounts.make_rows(account.id, root)
    yield {"made": made, "account": account.id}


async def _passphrase(wallet: "Wallet", given: Secret | None, what: str) -> Secret:
    if given is None and await wallet.unlocking.has_words():
        raise PassphraseNeededError(purpose=f"{what} the wallet's recovery words.")
    return given or Secret(b"")


def _extras(arguments: AddArguments) -> dict[str, int]:
    return {} if arguments.key_class is None else {"key_class": arguments.key_class}


async def _watch(wallet: "Wallet", kind: "AccountKind", arguments: AddArguments) -> Account:
    if arguments.number is not None:
        need = Enrolment(wallet.network, arguments.number, public=arguments.xpub, extras=_extras(arguments))
        require_account(arguments.number, await asyncio.to_thread(kind.enrol, need))
    return await wallet.accounts.add(
        arguments.kind,
        label=arguments.label,
        public=arguments.xpub,
        extras=_extras(arguments),
        gap_limit=arguments.gap_limit,
        scan_state=ScanState.UNSCANNED,
    )


async def _add_from_words(wallet: "Wallet", arguments: AddArguments) -> Account:
    passphrase = await _passphrase(wallet, arguments.passphrase, "A further account is made from")
    async with wallet.unlocking.root(passphrase) as root:
        return await wallet.accounts.add(
            arguments.kind,
            number=arguments.number,
            label=arguments.label,
            root=root,
            extras=_extras(arguments),
            gap_limit=arguments.gap_limit,
            scan_state=_past(wallet),
        )


async def _add_of_server(wallet: "Wallet", arguments: AddArguments) -> Account:
    """Begin, or go on where an earlier run stood. Raises PaymentNeededError where a payment comes next."""
    if arguments.server is None:
        raise InvalidInputError(what="server", why="This account is made with a server: --server URL.")
    if arguments.xpub is not None or arguments.number is not None:
        raise InvalidInputError(what="account", why="Its keys are the wallet's own, in their order.")
    passphrase = await _passphrase(wallet, arguments.passphrase, "The account is made from")
    async with wallet.unlocking.root(passphrase) as root:
        made = await wallet.loop.accounts.go_on(
            arguments.server, root, new_generation=arguments.new_generation, most=arguments.most
        )
    if arguments.label and made.label != arguments.label:
        await wallet.accounts.rename(made.id, arguments.label)
    return wallet.accounts.get(made.id)


def _backup_note(wallet: "Wallet") -> dict[str, object]:
    """What must be said where a backup of the account lacks: its token is paid for, and nowhere else."""
    troubles = wallet.loop.backups.troubles
    if not troubles:
        return {}
    told = "; ".join(f"{folder}: {trouble.message}" for folder, trouble in troubles.items())
    return {"note": f"No backup could be written. {told}"}


def _past(wallet: "Wallet") -> ScanState:
    """Words made here have no past; others may have been used elsewhere, under any account number."""
    made_here = any(account.scan_state is ScanState.MADE_HERE for account in wallet.accounts.all())
    return ScanState.MADE_HERE if made_here else ScanState.UNSCANNED


COMMANDS = (
    Command("account add", AddArguments, Where.OPEN_WALLET, add),
    Command("account kinds", KindsArguments, Where.WINDOW, kinds),
    Command("account prepare", PrepareArguments, Where.OPEN_WALLET, prepare),
    Command("account list", ListArguments, Where.OPEN_WALLET, list_accounts),
)
