"""The steps of getting a wallet back, and the answers to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pillarbox.errors import ErrorText
from pillarbox.model.network import Network
from pillarbox.model.restoring import RestoreReport


class Source(StrEnum):
    """What a person has."""

    BACKUP = "backup"
    """A backup file, a bundle, or a folder with some."""
    WORDS = "words"
    PUBLIC = "public"
    """An extended public key or a descriptor."""
    LOOP = "loop"
    """A backup of Lightning Loop, or a folder with some, and the seed of its lnd node."""


class Mode(StrEnum):
    """Where a backup goes."""

    NEW = "new"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A backup file as far as it can be known without opening it. Times are Unix seconds."""

    path: str
    name: str
    fingerprint: str = ""
    network: Network | None = None
    created_at: int = 0
    needs_passphrase: bool = False
    """A passphrase opens it; else the wallet's words do."""
    trouble: ErrorText | None = None
    """Why it is no backup that can be used."""
    wallet: str = ""
    """The id of the wallet that wrote it: a restored wallet has another than the one it is a copy of."""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account that would be restored."""

    label: str
    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What an opened backup would bring."""

    name: str
    """What the wallet was called."""
    fingerprint: str
    network: Network
    created_at: int
    path: str
    accounts: tuple[AccountFacts, ...]
    counts: Mapping[str, int]
    left_out: tuple[ErrorText, ...]
    """What this version cannot take, each with the reason."""
    mergeable: tuple[str, ...]
    """Open wallets of the same words and network."""
    has_words: bool
    notes: tuple[ErrorText, ...] = ()
    """What it cannot have, and which other backups may have more."""


@dataclass(frozen=True, slots=True)
class LoopFound:
    """The latest Loop backup that can be used. `created_at`: Unix seconds, of its access token."""

    path: str
    static_address: str
    token_id: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Choose:
    """Asks: what there is to restore from, and where it lies."""

    source: Source = Source.BACKUP
    place: str = ""
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class ChooseFile:
    """Asks: which of the backups of a folder, or of those that the words open. Usually the newest."""

    files: tuple[FileFacts, ...]
    chosen: str = ""
    newest_of_each: bool = False
    """Of each wallet, or copy of one, that the words open there is one file."""
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class EnterWords:
    """Asks for the recovery words. `file` is what they are to open, where one was chosen."""

    file: FileFacts | None = None
    words: str = field(default="", repr=False)
    bip39_passphrase: str = field(default="", repr=False)
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class EnterPassphrase:
    """Asks for the passphrase that locks a backup."""

    file: FileFacts | None = None
    passphrase: str = field(default="", repr=False)
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class EnterPublic:
    """Asks for an extended public key or a descriptor."""

    text: str = ""
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class EnterLoopSeed:
    """Asks for lnd's recovery words, what they hold (32 hex digits), or its root key; and the network."""

    seed: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)
    """Of lnd's words, where they have one."""
    network: Network = Network.MAINNET
    may_look_further: bool = False
    """The seed opened a backup, and none of the keys that were tried is its address's."""
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class SearchFolders:
    """Asks: in which folders to look for backups of these words. The data folder is looked into anyway."""

    folders: tuple[str, ...] = ()
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """Shows what would be restored, before anything is. Without `contents` no backup was found."""

    contents: Contents | None
    passed_over: tuple[FileFacts, ...] = ()
    """Files that were looked at and not taken, each with the reason."""
    merged: Mapping[str, RestoreReport] = field(default_factory=dict)
    """What merging into each open wallet of the same words would do."""
    loop: LoopFound | None = None
    """What there is in place of `contents` where a Loop backup is restored."""
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """Asks: a new wallet or into which one, its name and network, how far to look, and since when."""

    contents: Contents | None
    mode: Mode = Mode.NEW
    modes: tuple[Mode, ...] = (Mode.NEW,)
    """Those that there are."""
    name: str = ""
    into: str = ""
    network: Network = Network.MAINNET
    asks_network: bool = False
    gap_limit: int | None = None
    birthday: int | None = None
    """Unix seconds."""
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class Protect:
    """Asks: the passphrase for the wallet on this computer, and whether the keychain opens it."""

    has_words: bool
    use_keychain: bool = True
    passphrase: str = field(default="", repr=False)
    repeated: str = field(default="", repr=False)
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The wallet is open, and is being scanned. `report` is None where there was no backup."""

    name: str
    report: RestoreReport | None
    keychain_trouble: ErrorText | None = None
    gap_limit: int | None = None
    """How far beyond the last used address of each account a wider scan looks, where one was asked for."""
    error: ErrorText | None = None


Step = (
    Choose
    | ChooseFile
    | EnterWords
    | EnterPassphrase
    | EnterPublic
    | EnterLoopSeed
    | SearchFolders
    | Preview
    | Options
    | Protect
    | Done
)


@dataclass(frozen=True, slots=True)
class Chosen:
    source: Source
    place: str = ""


@dataclass(frozen=True, slots=True)
class FileChosen:
    path: str


@dataclass(frozen=True, slots=True)
class WordsEntered:
    words: str = field(repr=False)
    bip39_passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PassphraseEntered:
    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PublicEntered:
    text: str


@dataclass(frozen=True, slots=True)
class LoopSeedEntered:
    seed: str = field(repr=False)
    passphrase: str = field(default="", repr=False)
    network: Network = Network.MAINNET
    last_key: int | None = None
    """The last client key that is tried; None: as far as usual."""


@dataclass(frozen=True, slots=True)
class FoldersChosen:
    """With `only`, the data folder is not looked into; with `network`, only for backups of that one."""

    folders: tuple[str, ...]
    only: bool = False
    network: Network | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What the preview shows is what is wanted."""


@dataclass(frozen=True, slots=True)
class OptionsChosen:
    mode: Mode
    name: str = ""
    into: str = ""
    network: Network = Network.MAINNET
    gap_limit: int | None = None
    birthday: int | None = None


@dataclass(frozen=True, slots=True)
class Protected:
    passphrase: str = field(repr=False)
    repeated: str = field(repr=False)
    use_keychain: bool = True


@dataclass(frozen=True, slots=True)
class ScanWider:
    """Something lacks in the restored wallet: look so many addresses beyond the last used one."""

    gap_limit: int


Answer = (
    Chosen
    | FileChosen
    | WordsEntered
    | PassphraseEntered
    | PublicEntered
    | LoopSeedEntered
    | FoldersChosen
    | Confirmed
    | OptionsChosen
    | Protected
    | ScanWider
)
