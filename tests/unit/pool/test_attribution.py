"""Whose a payment is, where an address was handed out more than once."""

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressRef
from pillarbox.model.payment import Payment, Sighting
from pillarbox.model.receiving import HandOutEnding, LedgerEntry, PaymentRequest
from pillarbox.pool.attribution import Attribution, Ground, attribute, settled

REF = AddressRef(AccountId(1), 0, 7)


def payment(
    amount: int, first_seen: int, vanished_at: int | None = None, after: int | None = None
) -> Payment:
    """`after` is the newest hand-out's number; without it, ledger and clock agree."""
    sighting = Sighting(b"key", "ab" * 32, 0, amount, 0, proven=False)
    return Payment(sighting, 1, 0, 7, first_seen, vanished_at, first_seen if after is None else after)


def hand_out(
    shown_at: int,
    request: int | None = None,
    ended_at: int | None = None,
    ending: HandOutEnding | None = None,
    number: int | None = None,
) -> LedgerEntry:
    """Without `number`, ledger and clock agree."""
    if ended_at is not None and ending is None:
        ending = HandOutEnding.RAN_OUT
    number = shown_at if number is None else number
    return LedgerEntry(number, b"%016d" % shown_at, REF, shown_at, "", request, ended_at, ending)


def request(number: int, amount: int | None) -> PaymentRequest:
    return PaymentRequest(number, REF, "", amount, 0, None, None, "")


def requests(*amounts: int | None) -> dict[int, PaymentRequest]:
    return {number: request(number, amount) for number, amount in enumerate(amounts, 1)}


def test_a_payment_to_an_address_handed_out_once_is_its_holders() -> None:
    entry = hand_out(10, request=1)
    got = attribute(payment(500, 20), [entry], requests(700))
    assert (got.ground, got.hand_out, got.late) == (Ground.ONLY, entry, False)


def test_a_late_payment_still_belongs_to_the_only_one_who_was_shown_the_address() -> None:
    entry = hand_out(10, ended_at=15)
    got = attribute(payment(500, 20), [entry], {})
    assert (got.ground, got.hand_out, got.late) == (Ground.ONLY, entry, True)


def test_a_late_payment_is_not_silently_taken_for_the_newest_holders() -> None:
    old, new = hand_out(10, request=1, ended_at=15), hand_out(20, request=2)
    for amounts in [(None, None), (500, None), (None, 500), (700, 700), (500, 500)]:
        got = attribute(payment(500, 30), [old, new], requests(*amounts))
        assert (got.ground, got.hand_out) == (Ground.UNDECIDED, None)
        assert set(got.candidates) == {old, new}


def test_an_amount_that_only_one_of_them_was_asked_for_decides() -> None:
    old, new = hand_out(10, request=1, ended_at=15), hand_out(20, request=2)
    got = attribute(payment(500, 30), [new, old], requests(500, 700))
    assert (got.ground, got.hand_out, got.late) == (Ground.AMOUNT, old, True)
    got = attribute(payment(700, 30), [old, new], requests(500, 700))
    assert (got.ground, got.hand_out, got.late) == (Ground.AMOUNT, new, False)


def test_the_likeliest_candidate_is_the_one_whose_amount_fits_then_who_still_holds_it() -> None:
    oldest, older, new = (
        hand_out(10, request=1, ended_at=15),
        hand_out(20, request=2, ended_at=25),
        hand_out(30),
    )
    got = attribute(payment(500, 40), [oldest, older, new], requests(500, None))
    assert got.candidates == (oldest, new, older)


def test_who_was_shown_the_address_later_did_not_pay_earlier() -> None:
    old, new = hand_out(10, ended_at=15), hand_out(30)
    got = attribute(payment(500, 20), [old, new], {})
    assert (got.ground, got.hand_out) == (Ground.ONLY, old)


def test_a_hand_out_that_nobody_saw_does_not_count() -> None:
    voided = hand_out(10, ended_at=11, ending=HandOutEnding.VOIDED)
    shown = hand_out(12)
    assert attribute(payment(500, 20), [voided, shown], {}).hand_out == shown
    assert attribute(payment(500, 20), [voided], {}).ground is Ground.NOBODY


def test_a_payment_that_came_before_anybody_was_shown_the_address_is_nobodys() -> None:
    got = attribute(payment(500, 20), [hand_out(21)], {})
    assert got == Attribution(payment(500, 20), Ground.NOBODY, None, ())
    assert not got.late


def test_a_clock_set_back_before_the_payment_leaves_it_to_its_only_holder() -> None:
    entry = hand_out(5000, request=1, number=1)
    got = attribute(payment(500, 1400, after=1), [entry], requests(500))
    assert (got.ground, got.hand_out) == (Ground.ONLY, entry)


def test_a_clock_set_back_between_two_hand_outs_gives_no_payment_to_the_older_one() -> None:
    old = hand_out(1000, request=1, ended_at=1100, number=1)
    new = hand_out(9000, request=2, number=2)
    got = attribute(payment(700, 5400, after=2), [old, new], requests(500, 700))
    assert (got.ground, got.hand_out) == (Ground.AMOUNT, new)
    got = attribute(payment(600, 5400, after=2), [old, new], requests(500, 700))
    assert (got.ground, got.hand_out) == (Ground.UNDECIDED, None)


def test_a_payment_known_before_is_not_a_later_holders_though_the_clock_was_set_back() -> None:
    got = attribute(payment(500, 5000, after=3), [hand_out(1000, request=1, number=4)], requests(500))
    assert got.ground is Ground.NOBODY


def test_a_request_is_settled_by_the_sum_of_what_still_stands() -> None:
    entry = hand_out(10, request=1)
    wanted = requests(700)
    parts = [attribute(payment(amount, 20), [entry], wanted) for amount in (300, 399)]
    assert settled(parts, wanted) == []
    vanished = attribute(payment(1, 20, vanished_at=30), [entry], wanted)
    assert settled([*parts, vanished], wanted) == []
    assert settled([*parts, attribute(payment(1, 20), [entry], wanted)], wanted) == [1]


def test_a_request_without_an_amount_is_settled_by_any_payment() -> None:
    entry = hand_out(10, request=1)
    assert settled([attribute(payment(1, 20), [entry], requests(None))], requests(None)) == [1]


def test_an_undecided_payment_settles_nothing() -> None:
    entries = [hand_out(10, request=1, ended_at=15), hand_out(20, request=2)]
    wanted = requests(None, None)
    assert settled([attribute(payment(500, 30), entries, wanted)], wanted) == []


amounts = st.sampled_from([None, 500, 700])
entries = st.lists(
    st.tuples(st.integers(0, 30), amounts, st.booleans()), max_size=5, unique_by=lambda e: e[0]
)


@given(entries=entries, amount=st.sampled_from([500, 700, 900]), seen=st.integers(0, 40))
def test_whoever_gets_a_payment_was_shown_the_address_before_and_is_without_rival(
    entries: list[tuple[int, int | None, bool]], amount: int, seen: int
) -> None:
    wanted = {shown_at: request(shown_at, asked) for shown_at, asked, _ in entries}
    hand_outs = [
        hand_out(shown_at, request=shown_at, ended_at=shown_at + 5 if ended else None)
        for shown_at, _, ended in entries
    ]
    got = attribute(payment(amount, seen), hand_outs, wanted)
    assert set(got.candidates) == {entry for entry in hand_outs if entry.shown_at <= seen}
    if got.hand_out is not None and len(got.candidates) > 1:
        fitting = [wanted[entry.shown_at].amount for entry in got.candidates]
        assert None not in fitting
        assert fitting.count(amount) == 1
        assert wanted[got.hand_out.shown_at].amount == amount
