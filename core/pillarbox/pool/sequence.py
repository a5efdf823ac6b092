"""Sequential counters: which number an account, and an address in it, gets next (source 003). Pure.

A counter is the Word32 that is issued next; hardened indices begin at `FIRST_HARDENED`. The written rule is
kept with integers that have no end: the original computed it in Word32, where the bound was never reached and
the counter went from the last index to a non-hardened one.
"""

from collections.abc import Iterable
from typing import NamedTuple

from pillarbox.errors import PillarboxError

FIRST_HARDENED = 2**31
WORD32_MAX = 2**32 - 1
LAST_SEQUENTIAL = WORD32_MAX - 1 - FIRST_HARDENED
"""The last index from 0 on that the rule issues: 0xFFFFFFFE is followed by a refusal."""


class SequenceError(PillarboxError):
    """Base of all that keeps a counter from going on."""


class NoWalletCounterError(SequenceError):
    """No parameters."""

    code = "no-wallet-found"
    title = "No wallet was found"
    message = "There is nothing that tells which account comes next, so none was made. No money is affected."
    hint = "Open the wallet, and add the account there."


class NoAccountCounterError(SequenceError):
    """No parameters."""

    code = "no-account-found"
    title = "No account was found"
    message = (
        "There is nothing that tells which address of the account comes next, so none was handed out. "
        "Money on the addresses handed out before is not affected."
    )
    hint = "Close the wallet and open it again. If that does not help, restore it from a backup."


class AccountBoundError(SequenceError):
    """No parameters."""

    code = "account-bound"
    title = "Account index max bound exceeded"
    message = "These words have no account number left. Money in the accounts there are is not affected."
    hint = "Make a new wallet for more accounts."


class AddressBoundError(SequenceError):
    """No parameters."""

    code = "address-bound"
    title = "Address index max bound exceeded"
    message = "The account has no address left. Money on the addresses handed out before is not affected."
    hint = "Add another account."


class CounterDamagedError(SequenceError):
    """Parameters: counter."""

    code = "counter-damaged"
    title = "The wallet's counter is damaged"
    message = (
        "The stored counter is {counter}, which no counter can be. Going on from it might give one address "
        "to two people, so nothing was handed out. Money received is not affected."
    )
    hint = "Restore the wallet from a backup or from its words, and let the scan finish."


class CounterBehindError(SequenceError):
    """Told, not raised: the counter has gone on already. Parameters: account, was, now."""

    code = "counter-behind"
    title = "The wallet's file is older than what it knows"
    message = (
        'The next address of "{account}" would have been number {was}, although later ones were handed out '
        "or paid. It goes on at number {now}, so that none of them is handed out twice. No money is affected."
    )
    hint = "If you put an older copy of the wallet back, let it sync before you hand out an address."


class Step(NamedTuple):
    """One number was issued. Both are Word32."""

    issued: int
    counter_after: int


class Sequential(NamedTuple):
    """What is stored of a branch that never goes back."""

    counter: int
    """The index from 0 on that goes out next where nobody had one before."""
    given_back: Iterable[int] = ()
    """Below it: handed out once, and given back before anybody saw them."""


def next_account(counter: int | None) -> Step:
    """Raises NoWalletCounterError (None), AccountBoundError, CounterDamagedError."""
    if counter is None:
        raise NoWalletCounterError
    return _next(counter, AccountBoundError)


def next_address(counter: int | None) -> Step:
    """Raises NoAccountCounterError (None), AddressBoundError, CounterDamagedError."""
    if counter is None:
        raise NoAccountCounterError
    return _next(counter, AddressBoundError)


def counter_past(index: int) -> int:
    """The least counter (Word32) that does not issue the index from 0 on again; the end is the end."""
    return min(FIRST_HARDENED + index + 1, WORD32_MAX)


def is_counter(number: int) -> bool:
    """Whether it is in the hardened range and a Word32."""
    return FIRST_HARDENED <= number <= WORD32_MAX


def check(counter: int) -> int:
    """The counter itself. Raises CounterDamagedError for a number that is none."""
    if not is_counter(counter):
        raise CounterDamagedError(counter=counter)
    return counter


def _next(counter: int, exceeded: type[SequenceError]) -> Step:
    after = check(counter) + 1
    if after > WORD32_MAX:
        raise exceeded
    return Step(counter, after)
