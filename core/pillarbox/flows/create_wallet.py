"""The first run: make a new wallet, or bring one by its words or its public keys."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from pillarbox.accounts.descriptor import DescriptorPrivateKeyError
from pillarbox.errors import ErrorText, InvalidInputError, PillarboxError
from pillarbox.keys.extended_key import PrivateKeyGivenError
from pillarbox.model.network import Network
from pillarbox.secret import Secret

SHORTEST_PASSPHRASE = 8
WORDS_ASKED_AGAIN = 3


class ExtraPassphraseUnusedError(PillarboxError):
    """No parameters."""

    code = "extra-passphrase-unused"
    title = "The extra passphrase has no words to go with"
    message = (
        "It changes what recovery words bring back. A public key or descriptor has its addresses without it, "
        "so it would do nothing."
    )
    hint = "Leave it empty, or enter the recovery words instead. Nothing was changed."


class Start(StrEnum):
    """What a person came for."""

    CREATE = "create"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Welcome:
    """Asks: create or import."""


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
    entered: Mapping[int, str] = field(default_factory=dict, repr=False)
    wrong: int | None = None
    """The first position whose word is another one."""
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
    passphrase: str = field(default="", repr=False)
    repeated: str = field(default="", repr=False)
    error: ErrorText | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The wallet is made and open."""

    name: str
    keychain_trouble: ErrorText | None = None
    """Why the keychain does not hold its key, as asked."""
    scans_first: bool = False
    """It was brought from elsewhere: what it received so far is looked for before it hands out."""
    has_words: bool = True
    """Its backups are sealed by its words. Without words there are none before a passphrase is set."""


Step = Welcome | Naming | ShowWords | VerifyWords | EnterKeys | Protect | Done


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
    words_again: Mapping[int, str] = field(default_factory=dict, repr=False)
    keys: str = field(default="", repr=False)
    bip39_passphrase: str = field(default="", repr=False)
    has_words: bool = True
    use_keychain: bool = True
    passphrase: str = field(default="", repr=False)
    repeated: str = field(default="", repr=False)


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

    @property
    def words_were_shown(self) -> bool:
        """Whether somebody may have written down words that no wallet is made of yet."""
        return bool(self._draft.words)

    async def answer(self, answer: Answer) -> Step:
        """See Flow. A refused answer keeps the step, what was entered, and the reason in it."""
        match self._step, answer:
            case Welcome(), Start():
                self._started(answer)
            case Naming(), Named():
                await self._named(answer)
            case ShowWords(), Written():
                self._go(self._verifying())
            case VerifyWords(), Verified():
                self._verified(answer)
            case EnterKeys(), KeysEntered():
                await self._keys_entered(answer)
            case Protect(), Protected():
                await self._protected(answer)
            case _:
                raise TypeError(f"{type(answer).__name__} does not answer {type(self._step).__name__}")
        return self._step

    def back(self, entered: Answer | None = None) -> Step:
        if self.can_go_back:
            self._keep(entered)
            self._step = self._refilled(self._past.pop())
        return self._step

    async def cancel(self) -> None:
        self._forget()
        self._step = Welcome()

    def _forget(self) -> None:
        self._draft = Draft()
        self._past.clear()

    def _go(self, step: Step) -> None:
        self._past.append(self._step)
        self._step = step

    def _keep(self, entered: Answer | None) -> None:
        """Put what was entered into the draft as it is, right or wrong."""
        draft = self._draft
        match entered:
            case Named(name, network, words):
                self._draft = replace(draft, name=name, network=network, word_count=words)
            case Verified(words_again):
                self._draft = replace(draft, words_again=words_again)
            case KeysEntered(keys, extra):
                self._draft = replace(draft, keys=keys, bip39_passphrase=extra)
            case Protected(passphrase, repeated, use_keychain):
                self._draft = replace(
                    draft, passphrase=passphrase, repeated=repeated, use_keychain=use_keychain
                )

    def _refilled(self, step: Step) -> Step:
        """A step with the draft's values in it, and no old error."""
        match step:
            case Naming():
                return self._naming()
            case VerifyWords():
                return self._verifying()
            case EnterKeys():
                return self._entering_keys()
            case Protect():
                return self._protecting()
            case _:
                return step

    def _naming(self, error: ErrorText | None = None) -> Naming:
        draft = self._draft
        return Naming(draft.name, draft.network, draft.word_count, draft.start is Start.CREATE, error)

    def _verifying(self, wrong: int | None = None, error: ErrorText | None = None) -> VerifyWords:
        return VerifyWords(self._draft.positions, self._draft.words_again, wrong, error)

    def _entering_keys(self, error: ErrorText | None = None) -> EnterKeys:
        return EnterKeys(self._draft.keys, self._draft.bip39_passphrase, error)

    def _protecting(self, error: ErrorText | None = None) -> Protect:
        draft = self._draft
        return Protect(draft.has_words, draft.use_keychain, draft.passphrase, draft.repeated, error)

    def _started(self, start: Start) -> None:
        self._draft = replace(self._draft, start=start)
        self._go(self._naming())

    async def _named(self, answer: Named) -> None:
        self._keep(answer)
        name = answer.name.strip()
        try:
            self._ports.check_name(name)
        except PillarboxError as error:
            self._step = self._naming(error.text)
            return
        self._draft = replace(self._draft, name=name)
        if self._draft.start is Start.IMPORT:
            self._go(self._entering_keys())
            return
        if len(self._draft.words) != answer.words:
            words = tuple((await self._ports.make_words(answer.words)).split())
            asked = sorted(secrets.SystemRandom().sample(range(1, len(words) + 1), WORDS_ASKED_AGAIN))
            self._draft = replace(self._draft, words=words, positions=tuple(asked), words_again={})
        self._draft = replace(self._draft, has_words=True)
        self._go(ShowWords(self._draft.words))

    def _verified(self, answer: Verified) -> None:
        self._keep(answer)
        for position in self._draft.positions:
            if answer.words.get(position, "").strip().lower() != self._draft.words[position - 1]:
                self._step = self._verifying(position, _words_differ(position).text)
                return
        self._go(self._protecting())

    async def _keys_entered(self, answer: KeysEntered) -> None:
        self._keep(answer)
        try:
            has_words = await self._ports.check_keys(answer.text, self._draft.network)
            if answer.bip39_passphrase and not has_words:
                raise ExtraPassphraseUnusedError
        except PillarboxError as error:
            if isinstance(error, PrivateKeyGivenError | DescriptorPrivateKeyError):
                self._draft = replace(self._draft, keys="")
            self._step = self._entering_keys(error.text)
            return
        self._draft = replace(self._draft, has_words=has_words)
        self._go(self._protecting())

    async def _protected(self, answer: Protected) -> None:
        self._keep(answer)
        try:
            draft = self._draft
            check_passphrase(draft.passphrase, draft.repeated, draft.has_words, draft.use_keychain)
            with Secret.from_text(answer.passphrase) as passphrase:
                trouble = await self._ports.make_wallet(self._draft, passphrase or None)
        except PillarboxError as error:
            self._step = self._protecting(error.text)
            return
        made = self._draft
        self._forget()
        self._step = Done(made.name, trouble, made.start is Start.IMPORT, made.has_words)


def check_passphrase(passphrase: str, repeated: str, has_words: bool, use_keychain: bool) -> None:
    """Whether it may protect a wallet. Raises InvalidInputError."""
    if passphrase != repeated:
        raise InvalidInputError(what="passphrase", why="The two entries differ.")
    if not passphrase and not has_words and use_keychain:
        return
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise InvalidInputError(
            what="passphrase",
            why=f"It has fewer than {SHORTEST_PASSPHRASE} characters; it protects the words.",
        )


def _words_differ(position: int) -> InvalidInputError:
    return InvalidInputError(what="word", why=f"Word {position} is not the one that was shown.")
