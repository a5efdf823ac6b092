"""What was entered for a further account, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pillarbox.errors import PillarboxError
from pillarbox.model.account import Account
from pillarbox.wallet.loop_desk import USUAL_MOST
from pillarbox.wallet.loop_restore import WIDEST_SCAN
from pillarbox.wallet.new_account import Preview

NO_USABLE_BACKUP = "loop-no-usable-backup"
ASKS_FIRST = frozenset({"l402-payment-needed", "l402-invoice-over", "l402-other-pending", NO_USABLE_BACKUP})
"""These errors are no refusals: a question of their own comes before the account."""
KEY_NOT_FOUND = "loop-key-not-found"


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """What was entered. `proof` is the passphrase, or the public key where `public` is true.

    `number` is None where the next one is taken.
    """

    kind: str
    label: str
    proof: str = field(repr=False)
    public: bool = False
    number: int | None = None
    extras: Mapping[str, int] = field(default_factory=dict)
    server: str = ""
    """The address of the one that makes the account together with the words."""
    most: int = USUAL_MOST
    """Satoshi that this server may want for it."""


def asks_first(error: PillarboxError) -> bool:
    """Whether a question comes before the account. A key that was looked for everywhere is not there."""
    further = error.code == KEY_NOT_FOUND and error.parameters["last"] != WIDEST_SCAN
    return further or error.code in ASKS_FIRST


@dataclass(frozen=True, slots=True)
class Halted:
    """The account comes once what its server, or a backup of it, asks for is answered."""

    plan: AccountPlan
    error: PillarboxError


class Adding(Protocol):
    """Makes accounts of the wallet at hand. Each raises what the plan is refused for."""

    async def add(self, plan: AccountPlan) -> Account: ...
    async def preview(self, plan: AccountPlan) -> Preview: ...
    async def next_number(self, kind: str) -> int: ...

    async def pending_server(self) -> str:
        """The one that waits for its payment; "" for none."""
        ...
