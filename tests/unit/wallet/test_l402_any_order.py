"""Whatever is done with tokens, in whatever order, and wherever it is cut off: paid once, and never lost."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from loop_bench import HOUR, SERVER, Cut, FakePayer, Refused, challenge, preimage_of
from wallet_bench import KEY, TurnableClock

from pillarbox.errors import PillarboxError
from pillarbox.lightning.payers import StateKind
from pillarbox.model.network import Network
from pillarbox.storage.database import Database
from pillarbox.storage.l402_tokens import StoredToken, TokenState
from pillarbox.wallet.l402_tokens import L402Tokens

ENDINGS = ("succeeds", "fails", "cut-before", "cut-after", "stays-in-flight")
STEPS = st.one_of(
    st.tuples(st.just("give-out"), st.just("")),
    st.tuples(st.just("pay"), st.sampled_from(ENDINGS)),
    st.tuples(st.just("pay-elsewhere"), st.sampled_from(ENDINGS)),
    st.tuples(st.just("die-while-paying"), st.sampled_from(["before", "after"])),
    st.tuples(st.just("settle"), st.sampled_from(["succeeds", "fails"])),
    st.tuples(st.just("pay-by-hand"), st.sampled_from(["tell", "later"])),
    st.tuples(st.just("discard"), st.sampled_from(["", "node", "sure", "node sure"])),
    st.tuples(st.just("turn"), st.just("")),
    st.tuples(st.just("restart"), st.just("")),
)


class DiesError(Exception):
    """The process ends here."""


class DyingPayer(FakePayer):
    """The node is told to pay, or has paid, when the process ends."""

    when = "before"

    async def pay(self, *args: object) -> object:  # type: ignore[override]
        if self.when == "after":
            await super().pay(*args)  # type: ignore[arg-type]
        raise DiesError


class Model:
    """The wallet's tokens, two nodes, and a person who pays by hand and does not lie."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "wallet.db"
        self.clock = TurnableClock()
        self.node, self.other = FakePayer(), FakePayer("other")
        self.paid_by_hand: set[bytes] = set()
        self.shown: list[bytes] = []
        self.demands = 0
        self.paid: dict[bytes, bytes] = {}
        """What was ever seen as paid: it stays for good."""

    async def open(self, *, new: bool = False) -> None:
        self.db = await (Database.create if new else Database.open)(self.path, KEY)
        self.tokens = L402Tokens(Network.REGTEST, self.db, self.clock)

    def really_paid(self, token: StoredToken) -> int:
        by_nodes = sum(node.paid.get(token.payment_hash, 0) for node in (self.node, self.other))
        return by_nodes + (token.payment_hash in self.paid_by_hand)

    async def do(self, step: str, how: str) -> None:
        """Beginning with a new demand wherever none waits."""
        await self.tokens.demanded(SERVER, challenge(self.demands, self.clock.now()))
        waiting = await self.tokens.pending()
        self.demands += waiting is not None and waiting.token_id == _id(self.demands)
        match step:
            case "give-out":
                given, _ = await self.tokens.give_out()
                self.shown.append(given.payment_hash)
            case "pay" | "pay-elsewhere" | "die-while-paying":
                await self._pay(step, how)
            case "settle":
                self._settle(how)
            case "pay-by-hand":
                await self._pay_by_hand(tell=how == "tell")
            case "discard":
                await self._discard(how)
            case "turn":
                self.clock.turn(HOUR)
            case _:
                raise DiesError

    async def _pay(self, step: str, how: str) -> None:
        node = self.other if step == "pay-elsewhere" else self.node
        if step == "die-while-paying":
            node = DyingPayer(paid=self.node.paid, states=self.node.states)
            node.when, how = how, "succeeds"
        waiting = await self.tokens.pending()
        if waiting is not None and self.really_paid(waiting) > node.paid.get(waiting.payment_hash, 0):
            how = "fails"  # the payee takes no payment twice
        node.next_ending = how
        await self.tokens.pay(node)

    def _settle(self, how: str) -> None:
        for payment_hash, kind in tuple(self.node.states.items()):
            if kind is StateKind.IN_FLIGHT and how == "succeeds" and payment_hash not in self.paid_by_hand:
                self.node.settle(payment_hash)
            elif kind is StateKind.IN_FLIGHT:
                self.node.states[payment_hash] = StateKind.FAILED

    async def _pay_by_hand(self, *, tell: bool) -> None:
        """From what was shown, while the server still takes it; the proof may be entered later."""
        waiting = await self.tokens.pending()
        if waiting is None or waiting.payment_hash not in self.shown:
            return
        if self.clock.now() < waiting.token.created_at // 10**9 + HOUR and not self.really_paid(waiting):
            self.paid_by_hand.add(waiting.payment_hash)
        if tell and waiting.payment_hash in self.paid_by_hand:
            number = next(n for n in range(64) if _id(n) == waiting.token_id)
            await self.tokens.pay_by_hand(preimage_of(number))

    async def _discard(self, how: str) -> None:
        waiting = await self.tokens.pending()
        honest = waiting is None or waiting.payment_hash not in self.paid_by_hand
        await self.tokens.discard(self.node if "node" in how else None, sure="sure" in how and honest)

    async def check(self) -> None:
        every = await self.tokens.all()
        assert sum(token.state is TokenState.PENDING for token in every) <= 1
        for token in every:
            assert self.really_paid(token) <= 1
            if token.state is TokenState.DISCARDED:
                assert not self.really_paid(token)
            if token.state is TokenState.PAID:
                assert self.really_paid(token)
                assert token.token.oddities == ()
                assert self.paid.setdefault(token.token_id, token.data) == token.data
        assert set(self.paid) <= {token.token_id for token in every}


def _id(number: int) -> bytes:
    return challenge(number, 0).token.identifier[34:]


async def _run(steps: list[tuple[str, str]], folder: Path) -> None:
    model = Model(folder)
    await model.open(new=True)
    try:
        for step, how in steps:
            try:
                await model.do(step, how)
            except (PillarboxError, Cut, Refused):
                pass
            except DiesError:
                await model.db.close()
                await model.open()
            await model.check()
    finally:
        await model.db.close()


@settings(max_examples=100)
@example([("give-out", ""), ("pay-by-hand", "later"), ("turn", ""), ("discard", "")])
@example([("give-out", ""), ("pay-by-hand", "later"), ("discard", "node sure")])
@example([("pay", "stays-in-flight"), ("turn", ""), ("discard", "node sure"), ("settle", "succeeds")])
@example([("pay", "stays-in-flight"), ("discard", "sure"), ("settle", "succeeds"), ("pay", "succeeds")])
@example([("die-while-paying", "before"), ("discard", ""), ("pay", "succeeds")])
@example([("die-while-paying", "after"), ("turn", ""), ("discard", ""), ("pay", "succeeds")])
@example([("pay", "cut-before"), ("pay-elsewhere", "succeeds"), ("pay", "succeeds")])
@given(st.lists(STEPS, min_size=5, max_size=20))
def test_no_token_is_paid_for_twice_and_none_that_was_paid_is_lost(steps: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_run(steps, Path(folder)))
