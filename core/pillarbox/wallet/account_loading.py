"""From rows to open accounts, ready to hand out. Runs whole in the database's thread."""

import logging
from collections.abc import Callable, Mapping

from pillarbox.accounts import Kinds
from pillarbox.accounts.kind import AccountKind, Deriver, KeyNeed, Requirement
from pillarbox.model.account import Account, Branch
from pillarbox.model.address import AddressFlag, AddressRef
from pillarbox.model.receiving import HandOutEnding, PaymentRequest
from pillarbox.pool.address_pool import AddressPool
from pillarbox.pool.sequence import CounterBehindError, Sequential
from pillarbox.storage import accounts, addresses, chain_history, counters, labels, ledger, meta, requests
from pillarbox.storage.database import Tx
from pillarbox.wallet import hand_out_record
from pillarbox.wallet.open_accounts import OpenAccount, OpenBranch

log = logging.getLogger(__name__)

Now = Callable[[], int]
RunningRequests = Mapping[AddressRef, tuple[PaymentRequest, bytes]]


def end_forgotten(tx: Tx, at: int) -> None:
    """Plain hand-outs end with the process that made them; requests end when their hold has run out."""
    ended = ledger.end_running(tx, at)
    for request, token in requests.running(tx):
        if request.held_until is not None and request.held_until <= at:
            hand_out_record.end(tx, token, at, HandOutEnding.RAN_OUT)
            ended += 1
    if ended:
        meta.bump_revision(tx)


def catch_up(tx: Tx) -> list[CounterBehindError]:
    """Raise each counter that lies below what was handed out or used, as that of an older file does."""
    told = []
    found = counters.catch_up(tx)
    if found:
        meta.bump_revision(tx)
    labels_of = {account.id: account.label for account in accounts.all_accounts(tx)} if found else {}
    for behind in found:
        log.warning("a counter was behind what is known of its branch, and was raised: %s", behind)
        label = labels_of.get(behind.account, str(behind.account))
        told.append(CounterBehindError(account=label, was=behind.was, now=behind.now))
    return told


def read_accounts(tx: Tx, kinds: Kinds, now: Now) -> list[OpenAccount]:
    """Every account of the wallet, its running requests holding their addresses again."""
    running = {request.ref: (request, token) for request, token in requests.running(tx)}
    moved = chain_history.moved(tx)
    opened = []
    for account in accounts.all_accounts(tx):
        kind = kinds.get(account.kind)
        deriver = kind.deriver(account.params, account.network)
        branches = {
            branch.number: _read_branch(tx, account, kind, branch, deriver, now, running)
            for branch in kind.branches
        }
        opened.append(OpenAccount(account, kind, branches, moved.get(account.id, 0)))
    return opened


def is_sequential(kind: AccountKind) -> bool:
    """Whether an index below one that was used or shown is never handed out for the first time.

    So for kinds with hardened addresses: no other wallet finds them by walking up from the first. And for
    those of a server: other programs of the same words count on from the highest, and never look back.
    """
    return kind.key_need is KeyNeed.EACH_ADDRESS or Requirement.SERVER in kind.requires


def open_branch(
    account: Account, kind: AccountKind, branch: Branch, deriver: Deriver, pool: AddressPool
) -> OpenBranch:
    """A branch around its pool, with nothing known of payments yet."""
    key_source = deriver if kind.key_need is KeyNeed.ENROL else None
    return OpenBranch(account.id, branch, pool, deriver, key_source)


def _read_branch(  # all that a branch is made from
    tx: Tx,
    account: Account,
    kind: AccountKind,
    branch: Branch,
    deriver: Deriver,
    now: Now,
    running: RunningRequests,
) -> OpenBranch:
    used = addresses.used(tx, account.id, branch.number)
    # One that is damaged is refused when an address is asked for: the rest of the wallet is not its matter.
    damaged = counters.is_damaged(tx, account.id, branch.number)
    counter = 0 if damaged else counters.position(tx, account.id, branch.number)
    shown = ledger.shown(tx, account.id, branch.number)
    pool = AddressPool.load(
        branch.number,
        account.gap_limit,
        now,
        account.at_limit,
        kind.last_index,
        addresses=[text or "" for text in addresses.texts(tx, account.id, branch.number)],
        used=[index for index, _by_hand in used],
        shown=shown.last_ended_at,
        sequence=Sequential(counter, counters.given_back(tx, account.id, branch.number))
        if is_sequential(kind)
        else None,
    )
    opened = open_branch(account, kind, branch, deriver, pool)
    opened.grow()
    for index, ended_at in shown.last_ended_at.items():
        opened.flag(index, AddressFlag.HANDED_OUT_BEFORE, ended_at is not None)
    for index in shown.unscanned:
        opened.flag(index, AddressFlag.UNSCANNED)
    for index, by_hand in used:
        opened.flag(index, AddressFlag.MARKED_BY_HAND, by_hand)
    for index, amounts in chain_history.amounts(tx, account.id, branch.number).items():
        opened.received[index] = amounts.received
        opened.payments[index] = amounts.payments
        opened.flags[index] |= amounts.flags
    opened.asked.update({r.ref.index: r for r in requests.last_of_used(tx, account.id, branch.number)})
    opened.labels.update(labels.all_labels(tx, account.id, branch.number))
    for ref, (request, token) in running.items():
        if (ref.account, ref.branch) == (account.id, branch.number):
            opened.hold_again(request, token)
    return opened
