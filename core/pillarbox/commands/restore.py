"""`restore`: a wallet of its own, or into an open one, led through the same flow as the window."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pillarbox.app import restoring
from pillarbox.commands.arguments import ArgumentsError
from pillarbox.commands.command import Command, Replies, Where
from pillarbox.commands.nouns import JsonObject
from pillarbox.commands.scan_keys import require_scan
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


class SeveralWalletsError(PillarboxError):
    """Parameters: which."""

    code = "backups-of-several-wallets"
    title = "These are backups of several wallets"
    message = "Which one is meant cannot be told, so nothing was changed. The newest of each:\n{which}"
    hint = "Name the file, or say the network with --network."


class OtherNetworksBackupError(PillarboxError):
    """Parameters: file, network, asked."""

    code = "backup-other-network"
    title = "This backup is of another network"
    message = "{file} is of {network}, and {asked} was asked for. Nothing was changed."
    hint = "Leave the network out, or choose another file."


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
    lnd_seed: Secret | None = field(default=None, repr=False)
    lnd_seed_passphrase: Secret | None = field(default=None, repr=False)
    network: Network | None = None
    gap_limit: int | None = None
    birthday: int | None = None
    scan_keys: int | None = None
    """Of a Loop backup: the last client key that is tried."""
    dry_run: bool = False

    def __post_init__(self) -> None:
        given = [each for each in (self.mnemonic, self.backup_passphrase, self.lnd_seed) if each is not None]
        if len(given) != 1:
            raise ArgumentsError(
                why="It needs one of the recovery words, the backup's passphrase, or lnd's seed."
            )
        if self.lnd_seed is not None and self.place is None:
            raise ArgumentsError(why="It needs the Loop backup, or a folder that holds some.")
        require_scan(self.scan_keys)


@dataclass(frozen=True, slots=True)
class IntoArguments:
    wallet: str
    place: str
    backup_passphrase: Secret | None = field(default=None, repr=False)
    gap_limit: int | None = None
    dry_run: bool = False


async def new(app: "Application", arguments: NewArguments) -> Replies:
    """A wallet of its own. With `dry_run` only what the backup would bring."""
    async with _flow(app) as flow:
        preview = await _opened(flow, arguments)
        if arguments.place is not None and preview.contents is None and preview.loop is None:
            raise _nothing_opened(arguments.place, preview)
        _require_network(preview.contents, arguments.network)
        if arguments.dry_run:
            app.check_name(arguments.wallet.strip())
            yield _preview_object(preview)
            return
        await _answer(flow, steps.Confirmed())
        network = preview.contents.network if preview.contents else arguments.network or Network.MAINNET
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
        "backup": _path(preview),
        "passed_over": _passed_over(preview),
        "notes": _notes(preview),
        "note": _note(preview),
        "keychain_trouble": None if trouble is None else asdict(trouble),
    }


NO_BACKUP = (
    "No backup was found. What was paid is found once a server is asked. Addresses that somebody was shown "
    "and did not pay yet are unknown: they may be handed out again."
)


async def into(app: "Application", arguments: IntoArguments) -> Replies:
    """Add to an open wallet what it lacks."""
    name = app.folder(arguments.wallet).name
    async with _flow(app, name) as flow:
        await _answer(flow, steps.Chosen(steps.Source.BACKUP, arguments.place))
        preview = await _choose_newest(flow, _unlocker(None, arguments.backup_passphrase))
        if arguments.dry_run:
            found = report_object(preview.merged[name])
            yield {**found, "wallet": name, "dry_run": True, "notes": _notes(preview)}
            return
        await _answer(flow, steps.Confirmed())
        done = await _answer(
            flow, steps.OptionsChosen(steps.Mode.MERGE, into=name, gap_limit=arguments.gap_limit)
        )
    if not isinstance(done, steps.Done):
        raise TypeError(type(done).__name__)
    yield {**report_object(done.report), "wallet": name, "dry_run": False, "notes": _notes(preview)}


async def _opened(flow: RestoreWallet, arguments: NewArguments) -> steps.Preview:
    """From the start to the preview."""
    words = "" if arguments.mnemonic is None else arguments.mnemonic.text()
    extra = "" if arguments.bip39_passphrase is None else arguments.bip39_passphrase.text()
    entered = steps.WordsEntered(words, extra)
    folder = arguments.place is not None and await asyncio.to_thread(Path(arguments.place).is_dir)
    if arguments.place is None or (arguments.mnemonic is not None and folder):
        await _answer(flow, steps.Chosen(steps.Source.WORDS))
        await _answer(flow, entered)
        places = () if arguments.place is None else (arguments.place,)
        step = await _answer(flow, steps.FoldersChosen(places, only=bool(places), network=arguments.network))
        if isinstance(step, steps.ChooseFile):
            _require_one_wallet(step.files)
            step = await _answer(flow, steps.FileChosen(step.files[0].path))
        return _as_preview(step)
    if arguments.lnd_seed is not None:
        await _answer(flow, steps.Chosen(steps.Source.LOOP, arguments.place))
        of_words = arguments.lnd_seed_passphrase
        seed = steps.LoopSeedEntered(
            arguments.lnd_seed.text(),
            "" if of_words is None else of_words.text(),
            arguments.network or Network.MAINNET,
            arguments.scan_keys,
        )
        return _as_preview(await _answer(flow, seed))
    step = await _answer(flow, steps.Chosen(steps.Source.BACKUP, arguments.place))
    if isinstance(step, steps.ChooseFile):
        _require_one_wallet(
            [
                file
                for file in step.files
                if file.needs_passphrase and arguments.network in (None, file.network)
            ]
        )
    words_given = None if arguments.mnemonic is None else entered
    unlock = _unlocker(words_given, arguments.backup_passphrase)
    return await _choose_newest(flow, unlock, arguments.network)


def _unlocker(entered: steps.WordsEntered | None, passphrase: Secret | None) -> Unlock:
    """The wallet that is open opens its own backups itself, and nothing is asked for."""

    async def unlock(flow: RestoreWallet) -> None:
        if isinstance(flow.step, steps.EnterWords):
            if entered is None:
                raise ArgumentsError(
                    why="The recovery words open this backup: give them with --mnemonic-file."
                )
            await _answer(flow, entered)
        elif isinstance(flow.step, steps.EnterPassphrase):
            if passphrase is None:
                raise ArgumentsError(
                    why="A passphrase locks this backup: give it with --backup-passphrase-file."
                )
            await _answer(flow, steps.PassphraseEntered(passphrase.text()))

    return unlock


async def _choose_newest(
    flow: RestoreWallet, unlock: Unlock, network: Network | None = None
) -> steps.Preview:
    """Of several files the newest that opens, of `network` where one is asked for; else the first reason."""
    if not isinstance(flow.step, steps.ChooseFile):
        await unlock(flow)
        return _as_preview(flow.step)
    refused: PillarboxError | None = None
    for file in flow.step.files:
        if network not in (None, file.network or network):
            continue
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


def _require_one_wallet(files: Sequence[steps.FileFacts]) -> None:
    """Copies of one wallet are one; the newest is then meant. Raises SeveralWalletsError."""
    newest: dict[tuple[str, Network | None], steps.FileFacts] = {}
    for file in files:
        newest.setdefault((file.fingerprint or file.wallet, file.network), file)
    if len(newest) > 1:
        which = (
            f"{file.path} ({file.network or 'unknown network'}, fingerprint {file.fingerprint or 'unknown'}, "
            f"{datetime.fromtimestamp(file.created_at, UTC):%Y-%m-%d %H:%M} UTC)"
            for file in newest.values()
        )
        raise SeveralWalletsError(which="\n".join(which))


def _require_network(contents: steps.Contents | None, asked: Network | None) -> None:
    """Raises OtherNetworksBackupError."""
    if contents is not None and asked is not None and contents.network is not asked:
        raise OtherNetworksBackupError(file=contents.path, network=contents.network, asked=asked)


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
        "backup": _path(preview),
        "created_at": None if contents is None else contents.created_at,
        "fingerprint": None if contents is None else contents.fingerprint,
        "network": None if contents is None else contents.network.value,
        "passed_over": _passed_over(preview),
        "notes": _notes(preview),
        "note": _note(preview),
    }


def _path(preview: steps.Preview) -> str | None:
    if preview.loop is not None:
        return preview.loop.path
    return None if preview.contents is None else preview.contents.path


def _note(preview: steps.Preview) -> str | None:
    return NO_BACKUP if preview.contents is None and preview.loop is None else None


def _notes(preview: steps.Preview) -> list[JsonObject]:
    """What the backup cannot have, and which others may have more."""
    return [] if preview.contents is None else [asdict(note) for note in preview.contents.notes]


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
