"""Getting a wallet back: from a backup, or from the recovery words or public keys alone."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from pillarbox.errors import ErrorText, InvalidInputError, PillarboxError
from pillarbox.flows.create_wallet import check_passphrase
from pillarbox.flows.restore_steps import (
    Answer,
    Choose,
    ChooseFile,
    Chosen,
    Confirmed,
    Contents,
    Done,
    EnterLoopSeed,
    EnterPassphrase,
    EnterPublic,
    EnterWords,
    FileChosen,
    FileFacts,
    FoldersChosen,
    LoopFound,
    LoopSeedEntered,
    Mode,
    Options,
    OptionsChosen,
    PassphraseEntered,
    Preview,
    Protect,
    Protected,
    PublicEntered,
    ScanWider,
    SearchFolders,
    Source,
    Step,
    WordsEntered,
)
from pillarbox.model.network import Network
from pillarbox.model.restoring import RestoreReport
from pillarbox.secret import Secret


@dataclass(frozen=True, slots=True)
class Draft:
    """All that was entered so far."""

    source: Source = Source.BACKUP
    place: str = ""
    files: tuple[FileFacts, ...] = ()
    file: FileFacts | None = None
    words: str = field(default="", repr=False)
    bip39_passphrase: str = field(default="", repr=False)
    file_passphrase: str = field(default="", repr=False)
    public: str = ""
    loop_seed: str = field(default="", repr=False)
    loop_passphrase: str = field(default="", repr=False)
    last_key: int | None = None
    folders: tuple[str, ...] = ()
    only_folders: bool = False
    only_network: Network | None = None
    contents: Contents | None = None
    mode: Mode = Mode.NEW
    name: str = ""
    into: str = ""
    network: Network = Network.MAINNET
    gap_limit: int | None = None
    birthday: int | None = None
    use_keychain: bool = True
    passphrase: str = field(default="", repr=False)
    repeated: str = field(default="", repr=False)

    @property
    def has_words(self) -> bool:
        return bool(self.words) or (self.contents is not None and self.contents.has_words)


@dataclass(frozen=True, slots=True)
class Looked:
    """What looking for a backup came to. Without `contents`, none was found that could be used."""

    contents: Contents | None
    passed_over: tuple[FileFacts, ...] = ()
    loop: LoopFound | None = None
    choice: tuple[FileFacts, ...] = ()
    """Where the words open backups of several wallets: the newest of each, newest first."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the flow needs of the program."""

    find: Callable[[str], Awaitable[tuple[FileFacts, ...]]]
    """The backups at a place, newest first; raises where there is nothing to read."""
    open_by_wallet: Callable[[Draft], Awaitable[Looked]]
    """The draft's file, by the key of the open wallet that it is to go into."""
    open_by_words: Callable[[Draft], Awaitable[Looked]]
    """The draft's file, or the newest in its folders that the words open. Raises for words that are none."""
    open_by_passphrase: Callable[[Draft], Awaitable[Looked]]
    open_loop: Callable[[Draft], Awaitable[Looked]]
    """The latest Loop backup at the draft's place that its seed opens; raises where there is none."""
    check_public: Callable[[str], Awaitable[None]]
    check_name: Callable[[str], None]
    preview: Callable[[str], Awaitable[RestoreReport]]
    """What merging what was opened into a wallet would do."""
    merge: Callable[[Draft], Awaitable[RestoreReport]]
    restore: Callable[[Draft, Secret | None], Awaitable[tuple[RestoreReport | None, ErrorText | None]]]
    """A new wallet, open; why the keychain does not hold its key, where it was asked to."""
    scan_wider: Callable[[str, int], Awaitable[None]]
    """In an open wallet, so many addresses beyond the last used one of each account."""
    forget: Callable[[], None]
    """Wipe what was opened."""


KEY_NOT_FOUND = "loop-key-not-found"
"""The code of an error that looking further may end."""
_KEPT: Mapping[type, Mapping[str, str]] = {
    Chosen: {"source": "source", "place": "place"},
    WordsEntered: {"words": "words", "bip39_passphrase": "bip39_passphrase"},
    PassphraseEntered: {"passphrase": "file_passphrase"},
    PublicEntered: {"text": "public"},
    LoopSeedEntered: {
        "seed": "loop_seed",
        "passphrase": "loop_passphrase",
        "network": "network",
        "last_key": "last_key",
    },
    FoldersChosen: {"folders": "folders", "only": "only_folders", "network": "only_network"},
    OptionsChosen: {name: name for name in ("mode", "name", "into", "network", "gap_limit", "birthday")},
    ScanWider: {"gap_limit": "gap_limit"},
    Protected: {name: name for name in ("passphrase", "repeated", "use_keychain")},
}
"""By class of an answer, what its fields are called in the draft."""


class RestoreWallet:
    """The flow. Its draft is memory only, and is forgotten when the flow is done or cancelled."""

    def __init__(self, ports: Ports, into: str = "") -> None:
        """`into`: the open wallet that a backup is to be merged into; by its own key, so without words."""
        self._ports = ports
        self._into = into
        self._draft = Draft(into=into, mode=Mode.MERGE if into else Mode.NEW)
        self._past: list[Step] = []
        self._step: Step = Choose()
        self._takes: Mapping[tuple[type, type], Callable[[], Awaitable[None]]] = {
            (Choose, Chosen): self._take_source,
            (ChooseFile, FileChosen): self._take_file,
            (EnterWords, WordsEntered): self._take_words,
            (EnterPassphrase, PassphraseEntered): self._take_file_passphrase,
            (EnterPublic, PublicEntered): self._take_public,
            (EnterLoopSeed, LoopSeedEntered): self._take_loop_seed,
            (SearchFolders, FoldersChosen): self._take_folders,
            (Preview, Confirmed): self._take_confirmation,
            (Options, OptionsChosen): self._take_options,
            (Protect, Protected): self._take_protection,
            (Done, ScanWider): self._take_wider,
        }
        self._fills: Mapping[type, Callable[[Draft, ErrorText | None], Step]] = {
            Choose: lambda draft, error: Choose(draft.source, draft.place, error),
            ChooseFile: lambda draft, error: ChooseFile(
                draft.files,
                draft.file.path if draft.file else "",
                draft.source is Source.WORDS,
                error,
            ),
            EnterWords: lambda draft, error: EnterWords(
                draft.file, draft.words, draft.bip39_passphrase, error
            ),
            EnterPassphrase: lambda draft, error: EnterPassphrase(draft.file, draft.file_passphrase, error),
            EnterPublic: lambda draft, error: EnterPublic(draft.public, error),
            EnterLoopSeed: lambda draft, error: EnterLoopSeed(
                draft.loop_seed, draft.loop_passphrase, draft.network, _is_key_further(error, draft), error
            ),
            SearchFolders: lambda draft, error: SearchFolders(draft.folders, error),
            Options: lambda _, error: self._options(error),
            Protect: lambda draft, error: Protect(
                draft.has_words, draft.use_keychain, draft.passphrase, draft.repeated, error
            ),
        }

    @property
    def step(self) -> Step:
        return self._step

    @property
    def can_go_back(self) -> bool:
        return bool(self._past) and not isinstance(self._step, Done)

    async def answer(self, answer: Answer) -> Step:
        """See Flow. A refused answer keeps the step, what was entered, and the reason in it."""
        take = self._takes.get((type(self._step), type(answer)))
        if take is None:
            raise TypeError(f"{type(answer).__name__} does not answer {type(self._step).__name__}")
        self._keep(answer)
        try:
            await take()
        except PillarboxError as error:
            self._step = self._filled(self._step, error.text)
        return self._step

    def back(self, entered: Answer | None = None) -> Step:
        if self.can_go_back:
            self._keep(entered)
            self._step = self._filled(self._past.pop())
        return self._step

    async def cancel(self) -> None:
        self._forget()
        self._step = Choose()

    def _forget(self) -> None:
        self._ports.forget()
        self._draft = Draft(into=self._into, mode=Mode.MERGE if self._into else Mode.NEW)
        self._past.clear()

    def _go(self, step: Step) -> None:
        self._past.append(self._step)
        self._step = self._filled(step)

    def _keep(self, entered: Answer | None) -> None:
        """Put what was entered into the draft as it is, right or wrong."""
        if isinstance(entered, FileChosen):
            self._change(file=next((f for f in self._draft.files if f.path == entered.path), None))
        elif entered is not None:
            names = _KEPT.get(type(entered), {})
            self._change(**{name: getattr(entered, field) for field, name in names.items()})

    def _change(self, **changes: object) -> None:
        self._draft = replace(self._draft, **changes)  # type: ignore[arg-type]  # names are its own

    def _filled(self, step: Step, error: ErrorText | None = None) -> Step:
        """A step with the draft's values in it."""
        if isinstance(step, Preview | Done):
            return replace(step, error=error)
        fill = self._fills.get(type(step))
        return step if fill is None else fill(self._draft, error)

    def _options(self, error: ErrorText | None) -> Options:
        draft, contents = self._draft, self._draft.contents
        modes: tuple[Mode, ...] = (Mode.NEW,)
        if contents is not None and contents.mergeable:
            modes = (Mode.MERGE,) if self._into else (Mode.NEW, Mode.MERGE)
        return Options(
            contents,
            draft.mode if draft.mode in modes else modes[0],
            modes,
            draft.name or (contents.name if contents else ""),
            draft.into or (contents.mergeable[0] if contents and contents.mergeable else ""),
            contents.network if contents else draft.network,
            contents is None and draft.source is not Source.LOOP,
            draft.gap_limit,
            draft.birthday,
            error,
        )

    async def _take_source(self) -> None:
        self._change(place=self._draft.place.strip())
        draft = self._draft
        if draft.source is Source.WORDS:
            self._change(file=None, files=(), contents=None)
            self._go(EnterWords())
        elif draft.source is Source.PUBLIC:
            self._change(file=None, files=(), contents=None, words="", bip39_passphrase="")
            self._go(EnterPublic())
        elif not draft.place:
            raise InvalidInputError(what="place", why="Choose a backup file, or a folder that holds some.")
        elif draft.source is Source.LOOP:
            self._change(file=None, files=(), contents=None, words="", bip39_passphrase="")
            self._go(EnterLoopSeed())
        else:
            files = await self._ports.find(draft.place)
            self._change(files=files, file=files[0] if files else None)
            if len(files) == 1:
                await self._take_file()
            else:
                self._go(ChooseFile(files))

    async def _take_file(self) -> None:
        file = self._draft.file
        if file is None:
            raise InvalidInputError(what="backup", why="Choose one of the files.")
        if file.trouble is not None:
            self._step = self._filled(self._step, file.trouble)
        elif file.needs_passphrase:
            self._go(EnterPassphrase())
        elif self._into:
            await self._preview(await self._ports.open_by_wallet(self._draft))
        elif self._draft.source is Source.WORDS:  # they are known, and open it
            await self._preview(await self._ports.open_by_words(self._draft))
        else:
            self._go(EnterWords(file))

    async def _take_words(self) -> None:
        if self._draft.file is None:
            await self._ports.open_by_words(replace(self._draft, folders=(), only_folders=True))
            self._go(SearchFolders())
        else:
            await self._preview(await self._ports.open_by_words(self._draft))

    async def _take_folders(self) -> None:
        self._change(file=None, files=())
        looked = await self._ports.open_by_words(self._draft)
        if looked.choice:
            self._change(files=looked.choice, file=looked.choice[0])
            self._go(ChooseFile(looked.choice))
        else:
            await self._preview(looked)

    async def _take_file_passphrase(self) -> None:
        await self._preview(await self._ports.open_by_passphrase(self._draft))

    async def _take_public(self) -> None:
        await self._ports.check_public(self._draft.public)
        self._go(Options(None))

    async def _take_loop_seed(self) -> None:
        await self._preview(await self._ports.open_loop(self._draft))

    async def _preview(self, looked: Looked) -> None:
        contents = looked.contents
        self._change(contents=contents)
        wallets = contents.mergeable if contents else ()
        merged = {name: await self._ports.preview(name) for name in wallets}
        self._go(Preview(contents, looked.passed_over, merged, looked.loop))

    async def _take_confirmation(self) -> None:
        self._go(Options(self._draft.contents))

    async def _take_options(self) -> None:
        draft = self._draft
        if draft.mode is Mode.MERGE:
            report = await self._ports.merge(draft)
            self._done(Done(draft.into, report))
            return
        name = draft.name.strip()
        self._ports.check_name(name)
        self._change(name=name)
        self._go(Protect(draft.has_words))

    async def _take_protection(self) -> None:
        draft = self._draft
        check_passphrase(draft.passphrase, draft.repeated, draft.has_words, draft.use_keychain)
        with Secret.from_text(draft.passphrase) as passphrase:
            report, trouble = await self._ports.restore(draft, passphrase or None)
        self._done(Done(draft.name, report, trouble))

    async def _take_wider(self) -> None:
        if isinstance(self._step, Done):
            await self._ports.scan_wider(self._step.name, self._draft.gap_limit or 0)
            self._step = replace(self._step, gap_limit=self._draft.gap_limit, error=None)

    def _done(self, step: Done) -> None:
        self._forget()
        self._step = step


def _is_key_further(error: ErrorText | None, draft: Draft) -> bool:
    return error is not None and error.code == KEY_NOT_FOUND and draft.last_key is None
