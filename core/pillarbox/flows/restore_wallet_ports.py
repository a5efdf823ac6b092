"""The restore flow, bound to a running Pillarbox."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pillarbox.accounts.descriptor import account_key, named_kind
from pillarbox.app import restore_notes, restoring
from pillarbox.app.application import Application
from pillarbox.app.new_wallet import NewWallet, PublicSource, WordsSource
from pillarbox.app.restored_loop import RestoredLoop
from pillarbox.app.restoring import FoundBackup, NoBackupsThereError, Opened
from pillarbox.backup.envelope import Lock
from pillarbox.errors import ErrorText
from pillarbox.flows.restore_steps import AccountFacts, Contents, FileFacts, LoopFound, Source
from pillarbox.flows.restore_wallet import Draft, Looked, Ports, RestoreWallet
from pillarbox.keys import lnd, mnemonic
from pillarbox.keys.root import Root
from pillarbox.loop.backup_file import BackupFileError, Name
from pillarbox.model.network import Network
from pillarbox.model.restoring import RestoreReport
from pillarbox.secret import Secret
from pillarbox.vault.sealed_words import RecoveryWords
from pillarbox.wallet import loop_restore
from pillarbox.wallet.loop_files import FoundFile
from pillarbox.wallet.restoring import Options
from pillarbox.wallet.wallet import Wallet


def restore_wallet_flow(app: Application, into: str = "") -> RestoreWallet:
    """A flow that restores in `app`; with `into`, into that open wallet."""
    bound = _Bound(app)
    return RestoreWallet(
        Ports(
            bound.find,
            bound.open_by_wallet,
            bound.open_by_words,
            bound.open_by_passphrase,
            bound.open_loop,
            _check_public,
            app.check_name,
            bound.preview,
            bound.merge,
            bound.restore,
            bound.scan_wider,
            bound.forget,
        ),
        into,
    )


class _Bound:
    """Keeps what was opened, with its secrets, between the steps."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._opened: Opened | None = None
        self._root: Root | None = None
        self._loop_files: Sequence[FoundFile] = ()

    async def find(self, place: str) -> tuple[FileFacts, ...]:
        found = await restoring.find([_place(place)])
        if not found:
            raise NoBackupsThereError(folder=place)
        return tuple(file_facts(each) for each in found)

    async def open_by_wallet(self, draft: Draft) -> Looked:
        self.forget()
        found = await restoring.find([_path(draft)])
        self._opened, passed = await restoring.open_by_wallet(self._app, found, draft.into)
        opened = restoring.required(self._opened, passed)
        return await self._looked(opened, passed, (draft.into,), [_path(draft)], found)

    async def open_by_words(self, draft: Draft) -> Looked:
        self.forget()
        words = await asyncio.to_thread(_words, draft)
        if draft.file is not None:
            places = [_path(draft)]
            found = await restoring.find(places)
        else:
            places = self._places(draft)
            found = await restoring.find_where_there_are_some(places)
        ours = [each for each in found if each.facts is None or each.facts.lock is Lock.WORDS]
        if draft.file is None and draft.only_network is not None:
            ours = [each for each in ours if _is_of(each, draft.only_network)]
        self._opened, passed = await restoring.open_by_words(self._app.kinds, ours, words)
        if self._opened is None and draft.file is None:
            return Looked(None, tuple(file_facts(each) for each in passed))
        opened = restoring.required(self._opened, passed)
        looked = await self._looked(opened, passed, self._mergeable(opened), places, found)
        return looked if draft.file is not None else replace(looked, choice=_choice(opened, ours))

    async def open_by_passphrase(self, draft: Draft) -> Looked:
        self.forget()
        found = await restoring.find_one(_path(draft))
        with Secret.from_text(draft.file_passphrase) as passphrase:
            self._opened = await restoring.open_by_passphrase(self._app.kinds, found, passphrase)
        into = (draft.into,) if draft.into else self._mergeable(self._opened)
        return await self._looked(self._opened, [], into, [_path(draft)], [found])

    async def open_loop(self, draft: Draft) -> Looked:
        self.forget()
        with Secret.from_text(draft.loop_seed) as seed, Secret.from_text(draft.loop_passphrase) as extra:
            root = self._root = Root.of_node(await asyncio.to_thread(lnd.root_of_text, seed, extra or None))
        looked_at = await restoring.find_loop(_place(draft.place), root, draft.network)
        chosen, address = await asyncio.to_thread(
            loop_restore.latest_of, looked_at, root, draft.network, _last_key(draft)
        )
        self._loop_files = looked_at
        name = Name.parse(chosen.path.name) or Name(0, "")
        passed = tuple(loop_file_facts(each) for each in looked_at if isinstance(each.found, BackupFileError))
        found = LoopFound(str(chosen.path), address, name.token_id, name.created_at // 1_000_000_000)
        return Looked(None, passed, found)

    async def preview(self, wallet: str) -> RestoreReport:
        return await restoring.restore_into(self._app, self._ready(), wallet, Options(), preview=True)

    async def merge(self, draft: Draft) -> RestoreReport:
        return await restoring.restore_into(self._app, self._ready(), draft.into, _options(draft))

    async def restore(
        self, draft: Draft, passphrase: Secret | None
    ) -> tuple[RestoreReport | None, ErrorText | None]:
        if draft.source is Source.LOOP:
            return await self._restore_loop(draft, passphrase)
        if draft.contents is not None:
            restored = await restoring.restore_new(
                self._app,
                self._ready(),
                draft.name,
                passphrase,
                use_keychain=draft.use_keychain,
                options=_options(draft),
            )
            return restored.report, restored.made.keychain_trouble
        plan = NewWallet(draft.name, draft.network, _source(draft), passphrase, draft.use_keychain)
        made = await self._app.create_wallet(plan)
        await _set_up(made.wallet, draft)
        return None, made.keychain_trouble

    async def scan_wider(self, wallet: str, gap_limit: int) -> None:
        await self._app.open_wallets[wallet].scan_wider(gap_limit)

    def forget(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None and opened.words is not None:
            opened.words.wipe()
        if opened is not None and opened.sealing is not None:
            opened.sealing.key.wipe()
        if self._root is not None:
            self._root.wipe()
        self._root, self._loop_files = None, ()

    async def _restore_loop(
        self, draft: Draft, passphrase: Secret | None
    ) -> tuple[RestoreReport, ErrorText | None]:
        if self._root is None:
            raise RuntimeError("no Loop backup was opened")
        files = self._loop_files
        wanted = RestoredLoop(
            draft.name,
            draft.network,
            self._root,
            files,
            passphrase,
            draft.use_keychain,
            _last_key(draft),
        )
        found = await self._app.restore_loop(wanted)
        await _set_up(found.made.wallet, draft)
        return found.report, found.made.keychain_trouble

    def _ready(self) -> Opened:
        if self._opened is None:
            raise RuntimeError("no backup was opened")
        return self._opened

    def _places(self, draft: Draft) -> list[Path]:
        """The folders that were named, and those of all wallets in the data folder."""
        named = [Path(folder).expanduser() for folder in draft.folders]
        return named if draft.only_folders else [*named, *self._homes()]

    def _homes(self) -> list[Path]:
        """Where the data folder has the backups of each wallet."""
        home = self._app.paths.backups
        return sorted(home.iterdir()) if home.is_dir() else []

    def _mergeable(self, opened: Opened) -> tuple[str, ...]:
        plan = opened.plan
        return tuple(
            name
            for name, wallet in self._app.open_wallets.items()
            if plan.facts.fingerprint
            and wallet.fingerprint == plan.facts.fingerprint
            and wallet.network is plan.network
        )

    async def _looked(
        self,
        opened: Opened,
        passed: list[FoundBackup],
        mergeable: tuple[str, ...],
        places: Sequence[Path],
        found: Sequence[FoundBackup],
    ) -> Looked:
        """`found`: all that lies at `places`. What lies elsewhere within reach is looked at for the notes."""
        plan = opened.plan
        further = [place for place in (*self._homes(), opened.path.parent) if place not in places]
        known = [*found, *await restoring.find_where_there_are_some(dict.fromkeys(further))]
        contents = Contents(
            plan.name,
            plan.facts.fingerprint,
            plan.network,
            plan.facts.created_at,
            str(opened.path),
            tuple(
                AccountFacts(each.account.label, each.account.kind, each.account.path)
                for each in plan.accounts
            ),
            plan.counts,
            tuple(item.reason for item in plan.left_out if item.reason is not None),
            mergeable,
            opened.words is not None,
            restore_notes.of(opened.path, plan.facts, restoring.newest_first(known)),
        )
        return Looked(contents, tuple(file_facts(each) for each in passed))


def _choice(opened: Opened, found: Sequence[FoundBackup]) -> tuple[FileFacts, ...]:
    """The newest backup of each wallet of the same words, where there are several: the opened one first."""
    newest = {opened.plan.facts.wallet: FoundBackup(opened.path, opened.plan.facts, None)}
    for each in found:
        if each.facts is not None and each.facts.fingerprint == opened.plan.facts.fingerprint:
            newest.setdefault(each.facts.wallet, each)
    return tuple(file_facts(each) for each in newest.values()) if len(newest) > 1 else ()


def _is_of(found: FoundBackup, network: Network) -> bool:
    """Files that are no backups are told of on any network."""
    return found.facts is None or found.facts.network == network.value


def file_facts(found: FoundBackup) -> FileFacts:
    """What a front end is told of a file."""
    facts, trouble = found.facts, None if found.trouble is None else found.trouble.text
    if facts is None:
        return FileFacts(str(found.path), found.path.name, trouble=trouble)
    network = facts.network if facts.network in tuple(Network) else None
    return FileFacts(
        str(found.path),
        found.path.name,
        facts.fingerprint,
        None if network is None else Network(network),
        facts.created_at,
        facts.lock is Lock.PASSPHRASE,
        trouble,
        facts.wallet,
    )


def loop_file_facts(found: FoundFile) -> FileFacts:
    """What a front end is told of a Loop backup that cannot be used."""
    trouble = found.found.text if isinstance(found.found, BackupFileError) else None
    return FileFacts(str(found.path), found.path.name, trouble=trouble)


def _place(text: str) -> Path:
    return Path(text).expanduser()


def _path(draft: Draft) -> Path:
    if draft.file is None:
        raise RuntimeError("no file was chosen")
    return Path(draft.file.path)


def _words(draft: Draft) -> RecoveryWords:
    """In canonical form. Raises what `mnemonic.read` raises."""
    with Secret.from_text(draft.words.strip()) as entered, mnemonic.read(entered) as read:
        return RecoveryWords(read.words.copy(), Secret.from_text(draft.bip39_passphrase))


def _last_key(draft: Draft) -> int:
    return loop_restore.USUAL_SCAN if draft.last_key is None else draft.last_key


async def _set_up(wallet: Wallet, draft: Draft) -> None:
    """What was chosen for all accounts of a new wallet that no backup tells of."""
    if draft.birthday is not None:
        await wallet.accounts.note_birthday(draft.birthday)
    if draft.gap_limit is not None:
        await wallet.scan_wider(draft.gap_limit)


def _options(draft: Draft) -> Options:
    return Options(draft.gap_limit, draft.birthday)


def _source(draft: Draft) -> WordsSource | PublicSource:
    if draft.source is Source.PUBLIC:
        return PublicSource(draft.public)
    extra = Secret.from_text(draft.bip39_passphrase) if draft.bip39_passphrase else None
    return WordsSource(Secret.from_text(draft.words), extra)


async def _check_public(text: str) -> None:
    """Raises what a text that is no public key or descriptor is refused for."""
    named_kind(text.strip())
    account_key(text.strip())
