"""`addresses`, `release`, `mark-used`: look at addresses, and say what became of them."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pillarbox.accounts.reader import read, spellings, without_link
from pillarbox.commands.command import Command, Replies, Where, opened
from pillarbox.commands.nouns import JsonObject, address_object
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.model.account import Account, Branch
from pillarbox.model.address import AddressFlag, AddressRef, AddressState
from pillarbox.wallet.open_accounts import NoSuchAddressError

if TYPE_CHECKING:
    from pillarbox.accounts.kind import AccountKind
    from pillarbox.app.application import Application
    from pillarbox.wallet.wallet import Wallet


class NotReservedError(PillarboxError):
    """Parameters: address, state."""

    code = "not-reserved"
    title = "This address is not reserved"
    message = "{address} is {state}, so there is no reservation to end."
    hint = "Nothing was changed."


class MarkStaysError(PillarboxError):
    """Parameters: address, why."""

    code = "mark-stays"
    title = "There is no mark to take back"
    message = "{address} {why}."
    hint = "Only a mark made by hand can be taken back. Nothing was changed."


class OtherCoinAddressError(NoSuchAddressError):
    """Parameters: address, kind."""

    message = "{address} is one of {kind}, which no account of this wallet makes. Nothing was changed."
    hint = "Look in another wallet, or add such an account: pillarbox account kinds"


class StateWord(StrEnum):
    """A state to choose rows by."""

    UNUSED = "unused"
    RESERVED = "reserved"
    USED = "used"


@dataclass(frozen=True, slots=True)
class AddressesArguments:
    """`branch` is a name or a number, "" for all; `start` the first index; `limit` None for no limit."""

    wallet: str
    account: str = ""
    branch: str = ""
    state: StateWord | None = None
    start: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class ReleaseArguments:
    wallet: str
    address: str


@dataclass(frozen=True, slots=True)
class MarkUsedArguments:
    wallet: str
    address: str
    undo: bool = False


async def addresses(app: "Application", arguments: AddressesArguments) -> Replies:
    """An address object for each address of an account, by branch and index."""
    wallet = opened(app, arguments.wallet)
    account = wallet.accounts.get(arguments.account)
    kind = wallet.accounts.kind(account.id)
    left = arguments.limit
    for branch in _branches(kind, arguments.branch):
        for index in _indices(wallet, account, branch, arguments):
            if left == 0:
                return
            left = None if left is None else left - 1
            ref = AddressRef(account.id, branch.number, index)
            yield address_object(wallet.accounts.address(ref), branch.name, kind.coin)


async def release(app: "Application", arguments: ReleaseArguments) -> Replies:
    """Make a reserved address available again."""
    wallet = opened(app, arguments.wallet)
    ref = await _find(app, wallet, arguments.address)
    if not await wallet.holding.release(ref):
        found = wallet.accounts.address(ref)
        raise NotReservedError(address=found.text, state=found.state.word)
    yield _object(wallet, ref)


async def mark_used(app: "Application", arguments: MarkUsedArguments) -> Replies:
    """Mark an address Used by hand, or take such a mark back."""
    wallet = opened(app, arguments.wallet)
    ref = await _find(app, wallet, arguments.address)
    if not arguments.undo:
        await wallet.holding.mark_used(ref)
    elif not await wallet.holding.undo_mark_used(ref):
        found = wallet.accounts.address(ref)
        by_hand = AddressFlag.MARKED_BY_HAND in found.flags
        used = found.state is AddressState.USED and not by_hand
        why = "was paid, which is final" if used else f"is {found.state.word}"
        raise MarkStaysError(address=found.text, why=why)
    yield _object(wallet, ref)


async def _find(app: "Application", wallet: "Wallet", given: str) -> AddressRef:
    """Which of the wallet's addresses a text is, in whatever way it is written.

    Raises what the reader raises for a text that is no address, and NoSuchAddressError.
    """
    text = without_link(given)
    try:
        return await wallet.accounts.find(text)
    except NoSuchAddressError:
        parts = read(text, wallet.network, app.kinds)
        coins = {wallet.accounts.kind(account.id).coin for account in wallet.accounts.all()}
        for spelling in spellings(text, wallet.network, coins):
            with suppress(NoSuchAddressError):
                return await wallet.accounts.find(spelling)
        kind = app.kinds.get(parts.kind) if parts.kind in app.kinds else None
        if kind is None or kind.coin not in coins:
            title = parts.kind if kind is None else kind.title
            raise OtherCoinAddressError(address=text[:100], kind=title) from None
        raise


def _branches(kind: "AccountKind", wanted: str) -> tuple[Branch, ...]:
    if not wanted:
        return kind.branches
    found = tuple(branch for branch in kind.branches if wanted in (branch.name, str(branch.number)))
    if not found:
        known = ", ".join(f"{branch.name} ({branch.number})" for branch in kind.branches)
        raise InvalidInputError(what="branch", why=f"{kind.title} has these: {known}.")
    return found


def _indices(
    wallet: "Wallet", account: Account, branch: Branch, arguments: AddressesArguments
) -> Iterator[int]:
    columns = wallet.accounts.columns(account.id, branch.number)
    wanted = None if arguments.state is None else AddressState[arguments.state.name]
    for index in range(arguments.start, len(columns.texts)):
        if columns.texts[index] and (wanted is None or columns.states[index] == wanted):
            yield index


def _object(wallet: "Wallet", ref: AddressRef) -> JsonObject:
    kind = wallet.accounts.kind(ref.account)
    branch = next(branch for branch in kind.branches if branch.number == ref.branch)
    return address_object(wallet.accounts.address(ref), branch.name, kind.coin)


COMMANDS = (
    Command("addresses", AddressesArguments, Where.OPEN_WALLET, addresses),
    Command("release", ReleaseArguments, Where.OPEN_WALLET, release),
    Command("mark-used", MarkUsedArguments, Where.OPEN_WALLET, mark_used),
)
