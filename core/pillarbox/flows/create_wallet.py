"""The first run: make a new wallet, or bring one by its words or its public keys."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from pillarbox.errors import ErrorText, InvalidInputError, PillarboxError
from pillarbox.model.network import Network
from pillarbox.secret import Secret

SHORTEST_PASSPHRASE = 8
WORDS_ASKED_AGAIN = 3


class Start(StrEnum):
    """What a person came for."""

    CREATE = "create"
    IMPORT = "import"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Welcome:
    """Asks: create, import or restore."""


@dataclass(frozen=True, slots=True)
class RestoreIsComing:
    """Says that restoring from a backup file is not there yet, and what does work: the words."""


@dataclass(frozen=True, slots=True)
class Naming:
    """Asks: a name and a network."""

    name: str = ""
    network: Network = Network.MAINNET
    words: int = 12
    making: bool = True
    """Whether the number of words is asked too."""
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class ShowWords:
    """Shows the words to write down."""

    words: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class VerifyWords:
    """Asks for some of the words, by position from 1."""

    positions: tuple[int, ...]
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class EnterKeys:
    """Asks: recovery words, an extended public key, or a descriptor."""

    text: str = field(default="", repr=False)
    bip39_passphrase: str = field(default="", repr=False)
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class Protect:
    """Asks: the passphrase for this wallet on this computer, and whether the keychain opens it."""

    has_words: bool
    use_keychain: bool = True
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The wallet is made and open. `keychain_trouble`: why the keychain does not hold its key, as asked."""

    name: str
    keychain_trouble: ErrorText | None = None


Step = Welcome | RestoreIsComing | Naming | ShowWords | VerifyWords | EnterKeys | Protect | Done


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    network: Network
    words: int = 12


@dataclass(frozen=True, slots=True)
class Written:
    """The person says that the words are written down."""


@dataclass(frozen=True, slots=True)
class Verified:
    words: Mapping[int, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeysEntered:
    text: str = field(repr=False)
    bip39_passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Protected:
    passphrase: str = field(repr=False)
    repeated: str = field(repr=False)
    use_keychain: bool = True


Answer = Start | Named | Written | Verified | KeysEntered | Protected


@dataclass(frozen=True, slots=True)
class Draft:
    """All that was entered so far."""

    start: Start = Start.CREATE
    name: str = ""
    network: Network = Network.MAINNET
    word_count: int = 12
    words: tuple[str, ...] = field(default=(), repr=False)
    positions: tuple[int, ...] = ()
    keys: str = field(default="", repr=False)
    bip39_passphrase: str = field(default="", repr=False)
    has_words: bool = True
    use_keychain: bool = True


@dataclass(frozen=True, slots=True)
class Ports:
    """What the flow needs of the program."""

    make_words: Callable[[int], Awaitable[str]]
    check_name: Callable[[str], None]
    """Raises where the name is taken or cannot be one."""
    check_keys: Callable[[str, Network], Awaitable[bool]]
    """True for recovery words, False for public keys; raises where the text is neither."""
    make_wallet: Callable[[Draft, Secret | None], Awaitable[ErrorText | None]]
    """Make and open the wallet; returns why the keychain does not hold it, where it was asked to."""


class CreateWallet:
    """The flow. Its draft is memory only, and is forgotten when the flow is done or cancelled."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._draft = Draft()
        self._past: list[Step] = []
        self._step: Step = Welcome()

    @property
    def step(self) -> Step:
        return self._step

    @property
    def can_go_back(self) -> bool:
        return bool(self._past) and not isinstance(self._step, Done)

    async def answer(self, answer: Answer) -> Step:
        """See Flow. A refused answer keeps the step and gives the reason in it."""
        match self._step, answer:
            case Welcome(), Start():
                self._started(answer)
            case Naming(), Named():
                await self._named(self._step, answer)
            case ShowWords(), Written():
                self._go(VerifyWords(self._draft.positions))
            case VerifyWords(), Verified():
                self._verified(self._step, answer)
            case EnterKeys(), KeysEntered():
                await self._keys_entered(answer)
            case Protect(), Protected():
                await self._protected(self._step, answer)
            case _:
                raise TypeError(f"{type(answer).__name__} does not answer {type(self._step).__name__}")
        return self._step

    def back(self) -> Step:
        if self.can_go_back:
            self._step = self._refilled(self._past.pop())
        return self._step

    async def cancel(self) -> None:
        self._draft = Draft()
        self._past.clear()
        self._step = Welcome()

    def _go(self, step: Step) -> None:
        self._past.append(self._step)
        self._step = step

    def _refilled(self, step: Step) -> Step:
        """A step as it was left: the draft's values in it, no old error."""
        draft = self._draft
        match step:
            case Naming():
                return replace(
                    step, name=draft.name, network=draft.network, words=draft.word_count, error=None
                )
            case VerifyWords():
                return replace(step, error=None)
            case EnterKeys():
                return EnterKeys(draft.keys, draft.bip39_passphrase)
            case Protect():
                return replace(step, use_keychain=draft.use_keychain, error=None)
            case _:
                return step

    def _started(self, start: Start) -> None:
        self._draft = replace(self._draft, start=start)
        if start is Start.RESTORE:
            self._go(RestoreIsComing())
            return
        draft = self._draft
        making = start is Start.CREATE
        self._go(Naming(draft.name, draft.network, draft.word_count, making))

    async def _named(self, step: Naming, answer: Named) -> None:
        draft = replace(self._draft, name=answer.name.strip(), network=answer.network)
        try:
            self._ports.check_name(draft.name)
        except PillarboxError as error:
            self._draft = draft
            self._step = replace(step, name=answer.name, network=answer.network, error=error.text)
            return
        if draft.start is Start.IMPORT:
            self._draft = draft
            self._go(EnterKeys(draft.keys, draft.bip39_passphrase))
            return
        if len(draft.words) != answer.words:
            words = tuple((await self._ports.make_words(answer.words)).split())
            positions = tuple(
                sorted(secrets.SystemRandom().sample(range(1, len(words) + 1), WORDS_ASKED_AGAIN))
            )
            draft = replace(draft, words=words, positions=positions, word_count=answer.words)
        self._draft = replace(draft, has_words=True)
        self._go(ShowWords(self._draft.words))

    def _verified(self, step: VerifyWords, answer: Verified) -> None:
        for position in step.positions:
            if answer.words.get(position, "").strip().lower() != self._draft.words[position - 1]:
                self._step = replace(step, error=_words_differ(position).text)
                return
        self._go(Protect(has_words=True, use_keychain=self._draft.use_keychain))

    async def _keys_entered(self, answer: KeysEntered) -> None:
        self._draft = replace(self._draft, keys=answer.text, bip39_passphrase=answer.bip39_passphrase)
        try:
            has_words = await self._ports.check_keys(answer.text, self._draft.network)
        except PillarboxError as error:
            self._step = EnterKeys(answer.text, answer.bip39_passphrase, error.text)
            return
        self._draft = replace(self._draft, has_words=has_words)
        self._go(Protect(has_words, self._draft.use_keychain))

    async def _protected(self, step: Protect, answer: Protected) -> None:
        self._draft = replace(self._draft, use_keychain=answer.use_keychain)
        try:
            _check_passphrase(step, answer)
            with Secret.from_text(answer.passphrase) as passphrase:
                trouble = await self._ports.make_wallet(self._draft, passphrase or None)
        except PillarboxError as error:
            self._step = replace(step, use_keychain=answer.use_keychain, error=error.text)
            return
        name = self._draft.name
        self._draft = Draft()
        self._past.clear()
        self._step = Done(name, trouble)


def _check_passphrase(step: Protect, answer: Protected) -> None:
    if answer.passphrase != answer.repeated:
        raise InvalidInputError(what="passphrase", why="The two entries differ.")
    if not answer.passphrase and not step.has_words and answer.use_keychain:
        return
    if len(answer.passphrase) < SHORTEST_PASSPHRASE:
        raise InvalidInputError(
            what="passphrase",
            why=f"It has fewer than {SHORTEST_PASSPHRASE} characters; it protects the words.",
        )


def _words_differ(position: int) -> InvalidInputError:
    return InvalidInputError(what="word", why=f"Word {position} is not the one that was shown.")
