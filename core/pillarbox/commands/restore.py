"""`restore`: a wallet of its own, or into an open one, led through the same flow as the window."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pillarbox.app import restoring
from pillarbox.commands.arguments import ArgumentsError
from pillarbox.commands.command import Command, Replies, Where
from pillarbox.commands.nouns import JsonObject
from pillarbox.errors import ErrorText, PillarboxError
from pillarbox.flows import restore_steps as steps
from pillarbox.flows.restore_wallet import RestoreWallet
from pillarbox.flows.restore_wallet_ports import restore_wallet_flow
from pillarbox.model.network import Network
from pillarbox.model.restoring import Outcome, RestoreReport
from pillarbox.secret import Secret

if TYPE_CHECKING:
    from pillarbox.app.application import Application


Unlock = Callable[[RestoreWallet], Awaitable[None]]
"""Answers what opens the chosen file."""


class RestoreRefusedError(PillarboxError):
    """What a step of the flow was refused for, with its own text."""

    def __init__(self, told: ErrorText) -> None:
        super().__init__()
        self._told = told

    @property
    def text(self) -> ErrorText:
        return self._told


@dataclass(frozen=True, slots=True)
class NewArguments:
    """`place`: an absolute path of a file or folder; None: the words alone. `birthday`: Unix seconds."""

    wallet: str
    place: str | None = None
    passphrase: Secret | None = field(default=None, repr=False)
    mnemonic: Secret | None = field(default=None, repr=False)
    bip39_passphrase: Secret | None = field(default=None, repr=False)
    backup_passphrase: Secret | None = field(default=None, repr=False)
    keychain: bool = True
    network: Network = Network.MAINNET
    gap_limit: int | None = None
    birthday: int | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        if self.mnemonic is not None and self.backup_passphrase is not None:
            raise ArgumentsError(why="A backup is opened by words or by its passphrase, not by both.")
        if self.mnemonic is None and self.backup_passphrase is None:
            raise ArgumentsError(why="It needs the recovery words, or the backup's passphrase.")


@dataclass(frozen=True, slots=True)
class IntoArguments:
    wallet: str
    place: str
    gap_limit: int | None = None
    dry_run: bool = False


async def new(app: "Application", arguments: NewArguments) -> Replies:
    """A wallet of its own. With `dry_run` only what the backup would bring."""
    async with _flow(app) as flow:
        preview = await _opened(flow, arguments)
        if arguments.place is not None and preview.contents is None:
            raise _nothing_opened(arguments.place, preview)
        if arguments.dry_run:
            yield _preview_object(preview)
            return
        await _answer(flow, steps.Confirmed())
        network = preview.contents.network if preview.contents else arguments.network
        await _answer(
            flow,
            steps.OptionsChosen(
                steps.Mode.NEW,
                arguments.wallet,
                network=network,
                gap_limit=arguments.gap_limit,
                birthday=arguments.birthday,
            ),
        )
        passphrase = "" if arguments.passphrase is None else arguments.passphrase.text()
        done = await _answer(flow, steps.Protected(passphrase, passphrase, arguments.keychain))
    if not isinstance(done, steps.Done):
        raise TypeError(type(done).__name__)
    trouble = done.keychain_trouble
    yield {
        **report_object(done.report),
        "wallet": done.name,
        "fingerprint": app.open_wallets[done.name].fingerprint,
        "dry_run": False,
        "backup": None if preview.contents is None else preview.contents.path,
        "passed_over": _passed_over(preview),
        "note": None if preview.contents is not None else NO_BACKUP,
        "keychain_trouble": None if trouble is None else asdict(trouble),
    }


NO_BACKUP = (
    "No backup was found. What was paid is being looked for. Addresses that somebody was shown and did not "
    "pay yet are unknown: they may be handed out again."
)


async def into(app: "Application", arguments: IntoArguments) -> Replies:
    """Add to an open wallet what it lacks."""
    name = app.folder(arguments.wallet).name
    async with _flow(app, name) as flow:
        await _answer(flow, steps.Chosen(steps.Source.BACKUP, arguments.place))
        preview = await _choose_newest(flow, _no_need)
        if arguments.dry_run:
            yield {**report_object(preview.merged[name]), "wallet": name, "dry_run": True}
            return
        await _answer(flow, steps.Confirmed())
        done = await _answer(
            flow, steps.OptionsChosen(steps.Mode.MERGE, into=name, gap_limit=arguments.gap_limit)
        )
    if not isinstance(done, steps.Done):
        raise TypeError(type(done).__name__)
    yield {**report_object(done.report), "wallet": name, "dry_run": False}


async def _opened(flow: RestoreWallet, arguments: NewArguments) -> steps.Preview:
    """From the start to the preview."""
    words = "" if arguments.mnemonic is None else arguments.mnemonic.text()
    extra = "" if arguments.bip39_passphrase is None else arguments.bip39_passphrase.text()
    entered = steps.WordsEntered(words, extra)
    if arguments.place is None:
        await _answer(flow, steps.Chosen(steps.Source.WORDS))
        await _answer(flow, entered)
        return _as_preview(await _answer(flow, steps.FoldersChosen(())))
    if arguments.mnemonic is not None and await asyncio.to_thread(Path(arguments.place).is_dir):
        await _answer(flow, steps.Chosen(steps.Source.WORDS))
        await _answer(flow, entered)
        return _as_preview(await _answer(flow, steps.FoldersChosen((arguments.place,), only=True)))
    await _answer(flow, steps.Chosen(steps.Source.BACKUP, arguments.place))

    async def unlock(flow: RestoreWallet) -> None:
        if isinstance(flow.step, steps.EnterWords):
            if arguments.mnemonic is None:
                raise ArgumentsError(
                    why="The recovery words open this backup: give them with --mnemonic-file."
                )
            await _answer(flow, entered)
        elif isinstance(flow.step, steps.EnterPassphrase):
            if arguments.backup_passphrase is None:
                raise ArgumentsError(
                    why="A passphrase locks this backup: give it with --backup-passphrase-file."
                )
            await _answer(flow, steps.PassphraseEntered(arguments.backup_passphrase.text()))

    return await _choose_newest(flow, unlock)


async def _choose_newest(flow: RestoreWallet, unlock: Unlock) -> steps.Preview:
    """Of several files the newest that opens; the first reason where none does."""
    if not isinstance(flow.step, steps.ChooseFile):
        await unlock(flow)
        return _as_preview(flow.step)
    refused: PillarboxError | None = None
    for file in flow.step.files:
        try:
            await _answer(flow, steps.FileChosen(file.path))
            await unlock(flow)
        except PillarboxError as error:
            refused = refused or error
            while not isinstance(flow.step, steps.ChooseFile):
                flow.back()
        else:
            return _as_preview(flow.step)
    raise refused or restoring.NoBackupsThereError(folder="The folder")


async def _no_need(_: RestoreWallet) -> None:
    """The wallet that is open opens its backups itself."""


async def _answer(flow: RestoreWallet, answer: steps.Answer) -> steps.Step:
    """Raises what the answer was refused for."""
    step = await flow.answer(answer)
    error = getattr(step, "error", None)
    if error is not None:
        raise RestoreRefusedError(error)
    return step


@asynccontextmanager
async def _flow(app: "Application", wallet: str = "") -> AsyncGenerator[RestoreWallet, None]:
    flow = restore_wallet_flow(app, wallet)
    try:
        yield flow
    finally:
        await flow.cancel()


def _as_preview(step: steps.Step) -> steps.Preview:
    if not isinstance(step, steps.Preview):
        raise TypeError(type(step).__name__)
    return step


def report_object(report: RestoreReport | None) -> JsonObject:
    """Counts, and every item with its reason."""
    found = report or RestoreReport(())
    return {
        "restored": found.count(Outcome.RESTORED),
        "unchanged": found.count(Outcome.UNCHANGED),
        "conflicts": found.count(Outcome.CONFLICT),
        "skipped": found.count(Outcome.SKIPPED),
        "failed": found.count(Outcome.FAILED),
        "items": [
            {
                "section": item.section,
                "outcome": item.outcome.value,
                "count": item.count,
                "reason": None if item.reason is None else asdict(item.reason),
            }
            for item in found.items
        ],
    }


def _preview_object(preview: steps.Preview) -> JsonObject:
    """What a new wallet would get: everything that the backup has."""
    contents = preview.contents
    items: list[JsonObject] = []
    if contents is not None:
        items += [
            {"section": section, "outcome": "restored", "count": count, "reason": None}
            for section, count in contents.counts.items()
            if count
        ]
        items += [
            {"section": "", "outcome": "skipped", "count": 1, "reason": asdict(reason)}
            for reason in contents.left_out
        ]
    return {
        "restored": 0 if contents is None else sum(contents.counts.values()),
        "unchanged": 0,
        "conflicts": 0,
        "skipped": 0 if contents is None else len(contents.left_out),
        "failed": 0,
        "items": items,
        "dry_run": True,
        "backup": None if contents is None else contents.path,
        "created_at": None if contents is None else contents.created_at,
        "fingerprint": None if contents is None else contents.fingerprint,
        "passed_over": _passed_over(preview),
        "note": NO_BACKUP if contents is None else None,
    }


def _nothing_opened(place: str, preview: steps.Preview) -> PillarboxError:
    """Where somebody named the place, the words alone are not what they meant."""
    troubles = (file.trouble for file in preview.passed_over if file.trouble is not None)
    told = next(troubles, None)
    return restoring.NoBackupsThereError(folder=place) if told is None else RestoreRefusedError(told)


def _passed_over(preview: steps.Preview) -> list[JsonObject]:
    return [
        {"path": file.path, "error": None if file.trouble is None else asdict(file.trouble)}
        for file in preview.passed_over
    ]


COMMANDS = (
    Command("restore", NewArguments, Where.WINDOW, new),
    Command("restore into", IntoArguments, Where.OPEN_WALLET, into),
)
