"""Tokens: kept before they are paid for, paid for once, and never lost."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from loop_bench import COST, HOUR, SERVER, Cut, FakePayer, Refused, challenge, preimage_of, token_id_of
from wallet_bench import KEY, TurnableClock

from pillarbox.lightning.payers import StateKind
from pillarbox.loop import token_file
from pillarbox.loop.l402 import ChallengeError
from pillarbox.loop.price import TooDearError
from pillarbox.loop.token_file import Oddity
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.storage.database import Database
from pillarbox.storage.l402_tokens import TokenState
from pillarbox.storage.lightning_nodes import LightningNode
from pillarbox.wallet.l402_tokens import (
    LONGEST_HELD,
    AskedElsewhereError,
    DiscardRefusedError,
    InvoiceOverError,
    L402Tokens,
    NothingPendingError,
    OtherPaymentPendingError,
    PaymentUnderWayError,
    TokenConflictError,
    TokenUnpaidError,
    WrongPreimageError,
)
from pillarbox.wallet.lightning_payer import LightningPayer, NodeStillNeededError


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    made = await Database.create(tmp_path / "wallet.db", KEY)
    yield made
    await made.close()


@pytest.fixture
def clock() -> TurnableClock:
    return TurnableClock()


@pytest.fixture
def tokens(db: Database, clock: TurnableClock) -> L402Tokens:
    return L402Tokens(Network.REGTEST, db, clock)


async def test_a_demand_is_kept_before_anything_is_paid(tokens: L402Tokens, clock: TurnableClock) -> None:
    demand = challenge(0, clock.now())
    kept = await tokens.demanded(SERVER, demand)
    assert await tokens.pending() == kept
    assert (kept.token_id, kept.invoice, kept.state) == (
        token_id_of(demand),
        demand.invoice,
        TokenState.PENDING,
    )
    assert not kept.token.paid
    assert kept.token.created_at == clock.now() * 10**9


async def test_a_second_demand_is_not_taken_while_the_first_waits(
    tokens: L402Tokens, clock: TurnableClock
) -> None:
    first = await tokens.demanded(SERVER, challenge(0, clock.now()))
    assert await tokens.demanded(SERVER, challenge(1, clock.now())) == first
    with pytest.raises(OtherPaymentPendingError, match="loop"):
        await tokens.demanded("https://other.example", challenge(1, clock.now()))


async def test_what_costs_too_much_or_names_no_amount_is_not_even_kept(
    tokens: L402Tokens, clock: TurnableClock
) -> None:
    with pytest.raises(TooDearError):
        await tokens.demanded(SERVER, challenge(0, clock.now(), cost=1_000_001))
    with pytest.raises(ChallengeError, match="no amount"):
        await tokens.demanded(SERVER, challenge(0, clock.now(), cost=None))
    assert await tokens.all() == []


async def test_paid_by_a_node(tokens: L402Tokens, clock: TurnableClock) -> None:
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    payer = FakePayer()
    paid = await tokens.pay(payer)
    assert (paid.token.preimage, paid.token.amount_msat, paid.token.fee_msat) == (preimage_of(0), COST, 7)
    assert paid.token.oddities == ()
    assert await tokens.all() == [paid]
    assert await tokens.free(SERVER) == paid
    with pytest.raises(NothingPendingError):
        await tokens.pay(payer)
    assert list(payer.paid.values()) == [1]


async def test_paid_by_hand(tokens: L402Tokens, clock: TurnableClock) -> None:
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    given, invoice = await tokens.give_out()
    assert (given.invoice, invoice.amount_msat) == (challenge(0, clock.now()).invoice, COST)
    with pytest.raises(WrongPreimageError):
        await tokens.pay_by_hand(preimage_of(1))
    assert (await tokens.pay_by_hand(preimage_of(0))).state is TokenState.PAID
    with pytest.raises(WrongPreimageError):
        await tokens.pay_by_hand(preimage_of(0))


async def test_where_the_answer_was_cut_off_the_payer_is_asked_and_nothing_paid_again(
    tokens: L402Tokens, clock: TurnableClock
) -> None:
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    payer = FakePayer(next_ending="cut-after")
    with pytest.raises(Cut):
        await tokens.pay(payer)
    clock.turn(2 * HOUR)
    assert (await tokens.pay(payer)).state is TokenState.PAID
    assert list(payer.paid.values()) == [1]


async def test_while_a_payment_is_under_way_nobody_pays(tokens: L402Tokens, clock: TurnableClock) -> None:
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    payer = FakePayer(next_ending="stays-in-flight")
    with pytest.raises(Cut):
        await tokens.pay(payer)
    for again in (tokens.pay(payer), tokens.discard(payer, sure=True)):
        with pytest.raises(PaymentUnderWayError):
            await again
    other = FakePayer("other")
    for elsewhere in (tokens.pay(other), tokens.discard(other, sure=True), tokens.discard(sure=True)):
        with pytest.raises(AskedElsewhereError, match="node"):
            await elsewhere
    assert other.paid == {}


async def test_a_payment_that_failed_for_good_may_be_tried_again_elsewhere_or_discarded(
    tokens: L402Tokens, clock: TurnableClock
) -> None:
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    with pytest.raises(Refused):
        await tokens.pay(FakePayer(next_ending="fails"))
    with pytest.raises(Refused):
        await tokens.pay(FakePayer("other", next_ending="fails"))
    assert (await tokens.discard()).state is TokenState.DISCARDED
    assert await tokens.pending() is None


async def test_what_a_node_does_not_know_is_discarded_only_once_the_invoice_is_over(
    tokens: L402Tokens, clock: TurnableClock
) -> None:
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    payer = FakePayer(next_ending="cut-before")
    with pytest.raises(Cut):
        await tokens.pay(payer)
    with pytest.raises(DiscardRefusedError):
        await tokens.discard(payer)
    clock.turn(HOUR)
    with pytest.raises(InvoiceOverError):
        await tokens.pay(payer)
    assert (await tokens.discard(payer)).state is TokenState.DISCARDED


async def test_what_a_node_that_is_gone_was_told_is_given_up_once_no_route_can_hold_it(
    tokens: L402Tokens, clock: TurnableClock
) -> None:
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    with pytest.raises(Cut):
        await tokens.pay(FakePayer(next_ending="cut-before"))
    clock.turn(HOUR)
    with pytest.raises(AskedElsewhereError):
        await tokens.discard(sure=True)
    clock.turn(LONGEST_HELD)
    with pytest.raises(AskedElsewhereError):
        await tokens.discard()
    assert (await tokens.discard(sure=True)).state is TokenState.DISCARDED


async def test_what_a_node_still_tries_is_never_given_up(tokens: L402Tokens, clock: TurnableClock) -> None:
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    payer = FakePayer(next_ending="stays-in-flight")
    with pytest.raises(Cut):
        await tokens.pay(payer)
    clock.turn(HOUR + LONGEST_HELD)
    with pytest.raises(PaymentUnderWayError):
        await tokens.discard(payer, sure=True)


async def test_discarding_finds_that_it_was_paid(tokens: L402Tokens, clock: TurnableClock) -> None:
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    payer = FakePayer(next_ending="cut-after")
    with pytest.raises(Cut):
        await tokens.pay(payer)
    assert (await tokens.discard(payer)).state is TokenState.PAID


async def test_what_was_given_out_by_hand_needs_a_person_who_is_sure(
    tokens: L402Tokens, clock: TurnableClock
) -> None:
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    await tokens.give_out()
    with pytest.raises(DiscardRefusedError):
        await tokens.discard(sure=True)
    clock.turn(HOUR)
    with pytest.raises(DiscardRefusedError):
        await tokens.discard()
    assert (await tokens.discard(sure=True)).state is TokenState.DISCARDED


async def test_one_that_was_discarded_too_early_is_paid_all_the_same(
    tokens: L402Tokens, clock: TurnableClock
) -> None:
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    await tokens.discard()
    await tokens.demanded(SERVER, challenge(1, clock.now()))
    late = await tokens.pay_by_hand(preimage_of(0))
    assert late.state is TokenState.PAID
    assert [token.state for token in await tokens.all()] == [TokenState.PAID, TokenState.PENDING] or [
        token.state for token in await tokens.all()
    ] == [TokenState.PENDING, TokenState.PAID]


async def test_a_demand_for_a_token_that_was_discarded_is_refused(
    tokens: L402Tokens, clock: TurnableClock
) -> None:
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    await tokens.discard()
    with pytest.raises(ChallengeError, match="already"):
        await tokens.demanded(SERVER, challenge(0, clock.now()))


async def test_a_node_that_lies_about_its_proof_is_not_believed(
    tokens: L402Tokens, clock: TurnableClock
) -> None:
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    payer = FakePayer(preimages=lambda _hash: preimage_of(9))
    with pytest.raises(WrongPreimageError):
        await tokens.pay(payer)
    waiting = await tokens.pending()
    assert waiting is not None
    assert waiting.sent_by == "node"


async def test_a_token_file_goes_out_and_comes_in_byte_for_byte(
    tokens: L402Tokens, clock: TurnableClock, tmp_path: Path
) -> None:
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    paid = await tokens.pay(FakePayer())
    file = tmp_path / "l402.token"
    await tokens.export(file, paid.token_id)
    assert file.read_bytes() == paid.data
    with pytest.raises(FileExistsError):
        await tokens.export(file, paid.token_id)
    assert await tokens.take_over(file.read_bytes(), SERVER) == (paid, ())


async def test_an_odd_token_is_taken_over_as_it_is_and_told(tokens: L402Tokens, clock: TurnableClock) -> None:
    demand = challenge(0, clock.now())
    odd = token_file.serialise(
        token_file.Token(demand.token, bytes(32), preimage_of(3), 1, 1, clock.now() * 10**9)
    )
    kept, oddities = await tokens.take_over(odd, "")
    assert kept.data == odd
    assert oddities == (Oddity.PREIMAGE, Oddity.PAYMENT)
    assert await tokens.free(SERVER) is None
    assert (await tokens.take_over(odd, SERVER))[0].server == SERVER
    assert (await tokens.take_over(odd, "https://other.example"))[0].server == SERVER
    free = await tokens.free(SERVER)
    assert free is not None
    assert free.data == odd


async def test_another_token_of_the_same_id_and_an_unpaid_one_are_refused(
    tokens: L402Tokens, clock: TurnableClock
) -> None:
    pending = await tokens.demanded(SERVER, challenge(0, clock.now()))
    with pytest.raises(TokenUnpaidError):
        await tokens.take_over(pending.data, SERVER)
    paid = await tokens.pay(FakePayer())
    other = paid.data[:-1] + bytes((paid.data[-1] ^ 1,))
    with pytest.raises(TokenConflictError):
        await tokens.take_over(other, SERVER)
    assert await tokens.all() == [paid]


async def test_a_file_may_bring_what_the_wallet_waits_for(tokens: L402Tokens, clock: TurnableClock) -> None:
    pending = await tokens.demanded(SERVER, challenge(0, clock.now()))
    token = pending.token
    file = token_file.serialise(
        token_file.Token(token.macaroon, token.payment_hash, preimage_of(0), COST, 0, token.created_at)
    )
    kept, _ = await tokens.take_over(file, SERVER)
    assert (kept.state, kept.data) == (TokenState.PAID, file)
    assert await tokens.pending() is None


@pytest.mark.parametrize("kind", [StateKind.SUCCEEDED, StateKind.FAILED])
async def test_a_payment_made_by_hand_from_the_same_node_is_found(
    tokens: L402Tokens, clock: TurnableClock, kind: StateKind
) -> None:
    pending = await tokens.demanded(SERVER, challenge(0, clock.now()))
    payer = FakePayer()
    payer.states[pending.payment_hash] = kind
    assert (await tokens.pay(payer)).state is TokenState.PAID
    assert payer.paid.get(pending.payment_hash, 0) == (kind is StateKind.FAILED)


async def test_a_node_that_was_told_to_pay_is_kept_until_it_has_answered(
    db: Database, tokens: L402Tokens, clock: TurnableClock
) -> None:
    old, new = [LightningNode(f"https://{name}.example:8080", Secret(b"m"), "pem") for name in ("old", "new")]
    asked = FakePayer(next_ending="cut-before")
    payer = LightningPayer(db, lambda _: asked)
    await payer.set(old)
    await tokens.demanded(SERVER, challenge(0, clock.now()))
    with pytest.raises(Cut):
        await tokens.pay(asked)
    with pytest.raises(NodeStillNeededError, match="old"):
        await payer.set(new)
    with pytest.raises(NodeStillNeededError):
        await payer.forget()
    await payer.set(old)
    asked.next_ending = "succeeds"
    await tokens.pay(asked)
    await payer.set(new)
    assert await payer.url() == new.url
