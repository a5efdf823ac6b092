"""Account kinds: every way to make addresses, in one list.

A kind is one module in this room and one line in `KINDS`. Nobody else names kinds.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pillarbox.accounts.bitcoin import P2PKH, P2SH_P2WPKH, P2TR, P2WPKH
from pillarbox.accounts.cardano_byron import CARDANO_BYRON
from pillarbox.accounts.cardano_icarus import CARDANO_ICARUS
from pillarbox.accounts.cardano_shelley import CARDANO_ENTERPRISE, CARDANO_SHELLEY
from pillarbox.accounts.coins import COIN_KINDS
from pillarbox.accounts.dash import DASH_KINDS
from pillarbox.accounts.dash_platform import DASH_PLATFORM
from pillarbox.accounts.kind import AccountKind
from pillarbox.accounts.loop_static import LOOP_STATIC
from pillarbox.errors import PillarboxError


class UnknownKindError(PillarboxError):
    """Parameters: kind, known."""

    code = "unknown-kind"
    title = "There is no account kind {kind}"
    message = "This Pillarbox does not know how to make addresses of that kind. It knows: {known}."
    hint = "Check the spelling; if another Pillarbox made the account, use at least its version."


class NoSuchKindError(UnknownKindError):
    """A name that somebody typed. Parameters: kind, advice."""

    message = "Pillarbox makes no addresses of such a kind. Nothing was changed."
    hint = "{advice}"


class Kinds:
    """A set of account kinds, looked up by name, in the order people see them."""

    __slots__ = ("_by_name",)

    def __init__(self, kinds: Iterable[AccountKind]) -> None:
        self._by_name = {kind.name: kind for kind in kinds}

    def get(self, name: str) -> AccountKind:
        """Raises UnknownKindError."""
        kind = self._by_name.get(name)
        if kind is None:
            raise UnknownKindError(kind=name, known=", ".join(self._by_name))
        return kind

    def typed(self, name: str) -> AccountKind:
        """By a name that a person gave. Raises NoSuchKindError, which names those that are near."""
        if name in self._by_name:
            return self._by_name[name]
        plain = name.lower()
        begun = [known for known in self._by_name if plain and known.startswith(plain)]
        near = (get_close_matches(plain, self._by_name) or begun)[:2]
        meant = f"Did you mean {' or '.join(near)}? " if near else ""
        raise NoSuchKindError(kind=ascii(name[:40]), advice=f"{meant}All of them: pillarbox account kinds")

    def with_kind(self, kind: AccountKind) -> "Kinds":
        """These kinds and one more, as a set of its own."""
        return Kinds((*self, kind))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[AccountKind]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)


KINDS = Kinds(
    (
        *(P2WPKH, P2TR, P2SH_P2WPKH, P2PKH, LOOP_STATIC),
        *(CARDANO_SHELLEY, CARDANO_ENTERPRISE, CARDANO_ICARUS, CARDANO_BYRON),
        *COIN_KINDS,
        *DASH_KINDS,
        DASH_PLATFORM,
    )
)
