"""`loop ...`: static addresses, the tokens they are paid for with, their backups and their exits."""

import asyncio
import re
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pillarbox.commands.arguments import ArgumentsError
from pillarbox.commands.command import Command, Replies, Where, opened
from pillarbox.commands.loop_nouns import (
    account_status,
    deposit_object,
    exit_object,
    found_object,
    older_object,
    pending_object,
    token_object,
)
from pillarbox.commands.scan_keys import require_scan
from pillarbox.commands.words import words_in_hand
from pillarbox.errors import InvalidInputError, PillarboxError
from pillarbox.files.reading import read_bounded
from pillarbox.keys import lnd
from pillarbox.keys.root import Root
from pillarbox.model.account import AccountId
from pillarbox.secret import Secret
from pillarbox.storage.l402_tokens import TokenState
from pillarbox.storage.lightning_nodes import LightningNode

if TYPE_CHECKING:
    from pillarbox.app.application import Application
    from pillarbox.wallet.loop_services import LoopServices
    from pillarbox.wallet.wallet import Wallet

LARGEST_FILE = 1 << 16
"""Bytes of a token, a macaroon or a certificate."""
_OUTPOINT = re.compile(r"([0-9a-fA-F]{64}):([0-9]{1,9})", re.ASCII)
_PREIMAGE = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_BACKUP_SCAN = 2_500


class LoopFileError(PillarboxError):
    """Parameters: path, why."""

    code = "file-unreadable"
    title = "This file cannot be read"
    message = "{path}: {why}."
    hint = "Check its name and its permissions. Nothing was changed."


@dataclass(frozen=True, slots=True)
class PayArguments:
    """With `preimage` the payment was made elsewhere; else a node pays: the one named, or the one kept.

    The files are named by absolute paths: a macaroon as lnd writes it, and the node's certificate (PEM).
    """

    wallet: str
    preimage: Secret | None = field(default=None, repr=False)
    lnd: str | None = None
    lnd_macaroon_file: str | None = None
    lnd_cert: str | None = None

    def __post_init__(self) -> None:
        named = [self.lnd, self.lnd_macaroon_file, self.lnd_cert]
        if any(named) and not all(named):
            raise ArgumentsError(why="--lnd, --lnd-macaroon-file and --lnd-cert go together.")
        if self.lnd and self.preimage is not None:
            raise ArgumentsError(why="Either a preimage is given, or a node pays.")


@dataclass(frozen=True, slots=True)
class StatusArguments:
    wallet: str


@dataclass(frozen=True, slots=True)
class DiscardArguments:
    """`not_paid`: a person is sure that nobody paid the invoice that was given out."""

    wallet: str
    not_paid: bool = False


@dataclass(frozen=True, slots=True)
class DepositsArguments:
    """`all`: those that vanished or were spent, too."""

    wallet: str
    account: str = ""
    all: bool = False


@dataclass(frozen=True, slots=True)
class ExitArguments:
    """`outpoint`: txid:number; `fee_rate`: satoshi a virtual byte, decimal.

    `lnd_seed`: what signs in place of the wallet's words, for an account that came from lnd.
    """

    wallet: str
    outpoint: str
    fee_rate: str
    to: str = ""
    sign: bool = False
    lnd_seed: Secret | None = field(default=None, repr=False)
    lnd_seed_passphrase: Secret | None = field(default=None, repr=False)
    passphrase: Secret | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class TokenArguments:
    """A file to write, or to take over, by its absolute path. `token`: which one, where there are several."""

    wallet: str
    export: str | None = None
    take_over: str | None = None
    token: str = ""
    server: str = ""

    def __post_init__(self) -> None:
        if (self.export is None) == (self.take_over is None):
            raise ArgumentsError(why="It needs either --export or --import.")


@dataclass(frozen=True, slots=True)
class RecoverArguments:
    """Without `backup_file` the latest valid one of the wallet's network. `scan_keys`: the last one tried.

    `lnd_seed`: what lnd's users have in place of the wallet's words.
    """

    wallet: str
    backup_file: str | None = None
    scan_keys: int = _BACKUP_SCAN
    lnd_seed: Secret | None = field(default=None, repr=False)
    lnd_seed_passphrase: Secret | None = field(default=None, repr=False)
    passphrase: Secret | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        require_scan(self.scan_keys)


async def pay(app: "Application", arguments: PayArguments) -> Replies:
    """The token, paid."""
    loop = opened(app, arguments.wallet).loop
    if arguments.preimage is not None:
        with arguments.preimage as text:
            token = await loop.tokens.pay_by_hand(_preimage(text.text()))
    else:
        if arguments.lnd is not None:
            await loop.payer.set(await _node(arguments))
        token = await loop.tokens.pay(await loop.payer.get())
    yield token_object(token)


async def status(app: "Application", arguments: StatusArguments) -> Replies:
    """Tokens, what is to be paid, each static address with its deposits, and which backups lack."""
    wallet = opened(app, arguments.wallet)
    loop = wallet.loop
    trouble = await _caught_up(app, wallet)
    await loop.backups.write_missing()
    pending = await loop.tokens.pending()
    yield {
        "wallet": wallet.name,
        "network": wallet.network.value,
        "height": loop.height() or None,
        "chain_error": trouble,
        "tokens": [token_object(token) for token in await loop.tokens.all()],
        "pending": None if pending is None else pending_object(pending, app.clock.now()),
        "addresses": [await account_status(loop, each) for each in await loop.addresses.accounts()],
        "node": await loop.payer.url(),
        "backup_folders": [str(folder) for folder in await loop.backups.folders()],
        "backup_troubles": [
            {"folder": str(folder), "error": asdict(trouble)}
            for folder, trouble in loop.backups.troubles.items()
        ],
    }


async def discard(app: "Application", arguments: DiscardArguments) -> Replies:
    """The token as it is now: discarded, or paid if that turned out."""
    loop = opened(app, arguments.wallet).loop
    pending = await loop.tokens.pending()
    payer = await loop.payer.find() if pending is not None and pending.sent_by else None
    yield token_object(await loop.tokens.discard(payer, sure=arguments.not_paid))


async def deposits(app: "Application", arguments: DepositsArguments) -> Replies:
    """One object a deposit. Only those that are there and not in use, unless all are asked for."""
    wallet = opened(app, arguments.wallet)
    addresses = wallet.loop.addresses
    await _caught_up(app, wallet)
    for account in await _accounts(wallet, arguments.account):
        found = await (addresses.history(account) if arguments.all else addresses.listed(account))
        for each in found:
            yield deposit_object(wallet, each)


async def exit_deposit(app: "Application", arguments: ExitArguments) -> Replies:
    """The transaction that takes a deposit back, as hex. Nothing broadcasts it."""
    from pillarbox.wallet.loop_desk import fee_rate  # noqa: PLC0415  # a wallet is open, which loaded it

    wallet = opened(app, arguments.wallet)
    outpoint = _OUTPOINT.fullmatch(arguments.outpoint)
    if outpoint is None:
        raise InvalidInputError(what="outpoint", why="It is a transaction's id, a colon, and a number.")
    txid, output = outpoint[1].lower(), int(outpoint[2])
    rate = fee_rate(arguments.fee_rate)
    await _caught_up(app, wallet)
    prepare = wallet.loop.exits.prepare
    if not arguments.sign:
        yield exit_object(await prepare(txid, output, rate, to=arguments.to))
        return
    async with _root(wallet, arguments, "The exit is signed with") as root:
        yield exit_object(await prepare(txid, output, rate, to=arguments.to, root=root))


async def token(app: "Application", arguments: TokenArguments) -> Replies:
    """Write a paid token's file, or take one over; what is odd about it is told."""
    loop = opened(app, arguments.wallet).loop
    if arguments.take_over is not None:
        data = await _read(arguments.take_over)
        taken, oddities = await loop.tokens.take_over(data, await loop.accounts.name_of(arguments.server))
        yield {
            **token_object(taken),
            "file": arguments.take_over,
            "warnings": [odd.value for odd in oddities],
        }
        return
    path = Path(arguments.export or "")
    try:
        written = await loop.tokens.export(path, await _chosen(loop, arguments.token))
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise LoopFileError(path=str(path), why=f"it could not be written: {why}") from error
    yield {**token_object(written), "file": str(path), "warnings": []}


async def recover(app: "Application", arguments: RecoverArguments) -> Replies:
    """Token and static address from a backup; every file that was looked at, with what is wrong with it."""
    wallet = opened(app, arguments.wallet)
    loop = wallet.loop
    file = None if arguments.backup_file is None else Path(arguments.backup_file)
    async with _root(wallet, arguments, "The static address is derived from") as root:
        looked_at = await loop.restore.look(root, file)
        restored = await loop.restore.restore(looked_at, root, arguments.scan_keys)
        older = await loop.restore.restore_older(looked_at, root, arguments.scan_keys)
    trouble = await _caught_up(app, wallet)
    found = await loop.addresses.history(restored.account.id)
    yield {
        "backup_file": str(restored.path),
        "restored_l402": restored.token,
        "restored_static_address": restored.static_address,
        "static_address": restored.address,
        "account": restored.account.id,
        "num_deposits_found": len(found),
        "deposit_reconciliation_error": trouble,
        "candidates": [found_object(each) for each in looked_at],
        "older": [older_object(each) for each in older],
    }


@asynccontextmanager
async def _root(
    wallet: "Wallet", arguments: RecoverArguments | ExitArguments, what: str
) -> AsyncIterator[Root]:
    if arguments.lnd_seed is None:
        async with words_in_hand(wallet, arguments.passphrase, what) as root:
            yield root
        return
    seed, extra = arguments.lnd_seed, arguments.lnd_seed_passphrase
    with Root.of_node(await asyncio.to_thread(lnd.root_of_text, seed, extra)) as root:
        yield root


async def _caught_up(app: "Application", wallet: "Wallet") -> str:
    """Why deposits may not all be known yet; "" where the chain was asked about all of the past.

    What was found before is up to date with what the wallet knows either way.
    """
    await wallet.loop.addresses.reconcile()
    if not app.settings.values.servers_for(wallet.network.value):
        name = shlex.quote(wallet.name)
        return f"No server is set to ask about deposits: pillarbox sync {name} --electrum HOST:PORT"
    from pillarbox.commands.sync import catch_up  # noqa: PLC0415  # only where a server is asked

    try:
        await catch_up(app, wallet)
    except PillarboxError as error:
        return error.text.message
    await wallet.loop.addresses.reconcile()
    return ""


async def _accounts(wallet: "Wallet", name: str) -> list[AccountId]:
    every = [each.account.id for each in await wallet.loop.addresses.accounts()]
    if not name:
        return every
    account = wallet.accounts.get(name)
    if account.id not in every:
        raise InvalidInputError(what="account", why=f'"{account.label}" has no static addresses.')
    return [account.id]


async def _chosen(loop: "LoopServices", text: str) -> bytes:
    """The token of this id, or the only paid one."""
    paid = [each for each in await loop.tokens.all() if each.state is TokenState.PAID]
    chosen = [each for each in paid if each.token_id.hex().startswith(text.lower())]
    if len(chosen) != 1:
        why = "There is none that is paid." if not chosen else "There are several: say which by --token ID."
        raise InvalidInputError(what="token", why=why)
    return chosen[0].token_id


async def _node(arguments: PayArguments) -> LightningNode:
    macaroon = Secret(await _read(arguments.lnd_macaroon_file or ""))
    certificate = (await _read(arguments.lnd_cert or "")).decode("ascii", "replace")
    return LightningNode((arguments.lnd or "").rstrip("/"), macaroon, certificate)


async def _read(path: str) -> bytes:
    """Raises LoopFileError."""
    try:
        data = await asyncio.to_thread(read_bounded, Path(path), LARGEST_FILE)
    except OSError as error:
        raise LoopFileError(path=path, why=error.strerror or type(error).__name__) from error
    if len(data) > LARGEST_FILE:
        raise LoopFileError(path=path, why="it is far larger than such files are")
    return data


def _preimage(text: str) -> bytes:
    plain = "".join(text.split())
    if _PREIMAGE.fullmatch(plain) is None:
        raise InvalidInputError(what="preimage", why="It is 64 hex digits, as the wallet that paid shows it.")
    return bytes.fromhex(plain)


COMMANDS = (
    Command("loop pay", PayArguments, Where.OPEN_WALLET, pay),
    Command("loop status", StatusArguments, Where.OPEN_WALLET, status),
    Command("loop discard", DiscardArguments, Where.OPEN_WALLET, discard),
    Command("loop deposits", DepositsArguments, Where.OPEN_WALLET, deposits),
    Command("loop exit", ExitArguments, Where.OPEN_WALLET, exit_deposit),
    Command("loop token", TokenArguments, Where.OPEN_WALLET, token),
    Command("loop recover", RecoverArguments, Where.OPEN_WALLET, recover),
)
