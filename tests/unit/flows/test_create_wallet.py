"""The first run without widgets: no dead ends, back works, and nothing entered is lost by going back."""

import gc
from collections.abc import Callable, Mapping

import pytest

from pillarbox.accounts.descriptor import DescriptorPrivateKeyError
from pillarbox.errors import ErrorText, InvalidInputError, PillarboxError
from pillarbox.flows.create_wallet import (
    CreateWallet,
    Done,
    Draft,
    EnterKeys,
    KeysEntered,
    Named,
    Naming,
    Ports,
    Protect,
    Protected,
    ShowWords,
    Start,
    Verified,
    VerifyWords,
    Welcome,
    Written,
)
from pillarbox.keys.extended_key import PrivateKeyGivenError
from pillarbox.model.network import Network
from pillarbox.secret import Secret

WORDS = tuple(f"word{n}" for n in range(1, 13))
GOOD = Protected("long enough", "long enough", use_keychain=False)
REFUSED: Mapping[str, Callable[[], PillarboxError]] = {
    "nonsense": lambda: InvalidInputError(what="text", why="It is neither."),
    "tprv": PrivateKeyGivenError,
    "wpkh(tprv)": DescriptorPrivateKeyError,
}


class Program:
    """What the flow asks of the program, remembered."""

    def __init__(self) -> None:
        self.made: list[tuple[Draft, str | None]] = []
        self.sets_of_words = 0

    def flow(self) -> CreateWallet:
        return CreateWallet(Ports(self.words, self.check_name, self.check_keys, self.make))

    async def words(self, count: int) -> str:
        self.sets_of_words += 1
        return " ".join(WORDS[:count])

    def check_name(self, name: str) -> None:
        if name == "taken":
            raise InvalidInputError(what="name", why="It is taken.")

    async def check_keys(self, text: str, network: Network) -> bool:
        if text in REFUSED:
            refuse = REFUSED[text]
            raise refuse()
        return not text.startswith("xpub")

    async def make(self, draft: Draft, passphrase: Secret | None) -> ErrorText | None:
        self.made.append((draft, passphrase.text() if passphrase else None))
        return None


def keeps(flow: CreateWallet, text: str) -> bool:
    """Whether a text lies anywhere in what a flow holds on to."""
    seen: dict[int, object] = {}
    waiting: list[object] = [flow._draft, flow._past, flow._step]
    while waiting:
        held = waiting.pop()
        if id(held) not in seen and not isinstance(held, type):
            seen[id(held)] = held
            waiting += gc.get_referents(held)
    return any(isinstance(held, str) and text in held for held in seen.values())


def answers(step: VerifyWords) -> Verified:
    return Verified({position: WORDS[position - 1] for position in step.positions})


async def to_verifying(flow: CreateWallet) -> VerifyWords:
    await flow.answer(Start.CREATE)
    await flow.answer(Named("Studio", Network.REGTEST))
    step = await flow.answer(Written())
    assert isinstance(step, VerifyWords)
    return step


async def test_a_new_wallet_is_made_once_its_words_were_written_down_and_verified() -> None:
    program = Program()
    flow = program.flow()
    step = await to_verifying(flow)
    assert await flow.answer(answers(step)) == Protect(has_words=True)
    assert program.made == []
    assert await flow.answer(GOOD) == Done("Studio")
    ((draft, passphrase),) = program.made
    assert (draft.words, draft.network, passphrase) == (WORDS, Network.REGTEST, "long enough")
    assert not flow.can_go_back


async def test_a_wrong_word_is_named_by_its_position_and_asked_again() -> None:
    flow = Program().flow()
    step = await to_verifying(flow)
    wrong = await flow.answer(Verified(dict.fromkeys(step.positions, "other")))
    assert isinstance(wrong, VerifyWords)
    assert wrong.error is not None
    assert f"Word {step.positions[0]}" in wrong.error.message
    assert wrong.wrong == step.positions[0]
    assert wrong.entered == dict.fromkeys(step.positions, "other")
    assert isinstance(await flow.answer(answers(step)), Protect)


async def test_going_back_keeps_the_words_and_everything_entered() -> None:
    program = Program()
    flow = program.flow()
    step = await to_verifying(flow)
    await flow.answer(answers(step))
    seen = [flow.back() for _ in range(4)]
    assert [type(s) for s in seen] == [VerifyWords, ShowWords, Naming, Welcome]
    assert seen[2] == Naming("Studio", Network.REGTEST)
    assert await to_verifying(flow) == VerifyWords(step.positions, answers(step).words)
    assert program.sets_of_words == 1


async def test_going_back_keeps_what_was_not_answered_yet() -> None:
    flow = Program().flow()
    await flow.answer(Start.CREATE)
    assert flow.back(Named("Half a na", Network.SIGNET, 24)) == Welcome()
    assert await flow.answer(Start.CREATE) == Naming("Half a na", Network.SIGNET, 24)
    flow.back()
    await flow.answer(Start.IMPORT)
    await flow.answer(Named("Old", Network.SIGNET))
    assert flow.back(KeysEntered("word1 word2", "extra")) == Naming("Old", Network.SIGNET, making=False)
    assert await flow.answer(Named("Old", Network.REGTEST)) == EnterKeys("word1 word2", "extra")


async def test_going_back_from_the_words_checked_and_the_passphrase_keeps_both() -> None:
    flow = Program().flow()
    step = await to_verifying(flow)
    flow.back(Verified({step.positions[0]: "half"}))
    assert await flow.answer(Written()) == VerifyWords(step.positions, {step.positions[0]: "half"})
    await flow.answer(answers(step))
    flow.back(Protected("long en", "", use_keychain=False))
    assert await flow.answer(answers(step)) == Protect(True, False, "long en", "")


async def test_other_words_are_checked_from_the_beginning() -> None:
    flow = Program().flow()
    step = await to_verifying(flow)
    flow.back(answers(step))
    flow.back()
    await flow.answer(Named("Studio", Network.REGTEST, 9))
    again = await flow.answer(Written())
    assert isinstance(again, VerifyWords)
    assert again.entered == {}


async def test_a_number_of_words_chosen_and_taken_back_is_the_one_shown() -> None:
    flow = Program().flow()
    await to_verifying(flow)
    flow.back()
    flow.back(None)
    flow.back(Named("Studio", Network.REGTEST, 24))
    await flow.answer(Start.CREATE)
    await flow.answer(Named("Studio", Network.REGTEST, 12))
    step = flow.back()
    assert isinstance(step, Naming)
    assert step.words == 12


async def test_another_number_of_words_makes_other_words() -> None:
    program = Program()
    flow = program.flow()
    await to_verifying(flow)
    flow.back()
    flow.back()
    step = await flow.answer(Named("Studio", Network.REGTEST, 9))
    assert step == ShowWords(WORDS[:9])


async def test_what_is_imported_is_checked_before_anything_is_made() -> None:
    program = Program()
    flow = program.flow()
    await flow.answer(Start.IMPORT)
    await flow.answer(Named("Watch", Network.MAINNET))
    refused = await flow.answer(KeysEntered("nonsense"))
    assert isinstance(refused, EnterKeys)
    assert refused.error is not None
    assert refused.text == "nonsense"
    assert await flow.answer(KeysEntered("xpub...")) == Protect(has_words=False)
    made = Done("Watch", scans_first=True, has_words=False)
    assert await flow.answer(Protected("", "", use_keychain=True)) == made
    assert program.made[0][1] is None


@pytest.mark.parametrize("key", ["tprv", "wpkh(tprv)"])
async def test_a_private_key_is_refused_and_kept_nowhere(key: str) -> None:
    flow = Program().flow()
    await flow.answer(Start.IMPORT)
    await flow.answer(Named("Watch", Network.MAINNET))
    refused = await flow.answer(KeysEntered(key))
    assert isinstance(refused, EnterKeys)
    assert refused.error is not None
    assert refused.text == ""
    assert not keeps(flow, "tprv")


async def test_an_extra_passphrase_is_refused_where_there_are_no_words_for_it() -> None:
    flow = Program().flow()
    await flow.answer(Start.IMPORT)
    await flow.answer(Named("Watch", Network.MAINNET))
    refused = await flow.answer(KeysEntered("xpub...", "extra"))
    assert isinstance(refused, EnterKeys)
    assert refused.error is not None
    assert (refused.text, refused.bip39_passphrase) == ("xpub...", "extra")
    assert await flow.answer(KeysEntered("xpub...")) == Protect(has_words=False)
    flow.back()
    assert await flow.answer(KeysEntered("word1 word2", "extra")) == Protect(has_words=True)


async def test_a_wallet_with_words_needs_a_passphrase_entered_twice_alike() -> None:
    program = Program()
    flow = program.flow()
    await flow.answer(answers(await to_verifying(flow)))
    for answer in (Protected("", ""), Protected("short", "short"), Protected("long enough", "long enuogh")):
        step = await flow.answer(answer)
        assert isinstance(step, Protect)
        assert step.error is not None
        assert (step.passphrase, step.repeated) == (answer.passphrase, answer.repeated)
    assert program.made == []


async def test_a_taken_name_stays_in_its_field_with_the_reason() -> None:
    flow = Program().flow()
    await flow.answer(Start.CREATE)
    step = await flow.answer(Named("taken", Network.SIGNET, 24))
    assert isinstance(step, Naming)
    assert (step.name, step.network, step.error is None) == ("taken", Network.SIGNET, False)
    assert step.words == 24


async def test_cancelling_forgets_everything() -> None:
    program = Program()
    flow = program.flow()
    first = await to_verifying(flow)
    flow.back(Verified({first.positions[0]: "half"}))
    await flow.answer(Written())
    await flow.answer(answers(first))
    flow.back(Protected("long en", ""))
    assert flow.words_were_shown
    assert all(keeps(flow, text) for text in ("word3", "long en"))
    await flow.cancel()
    assert not flow.words_were_shown
    assert not any(keeps(flow, text) for text in ("word3", "half", "long en"))
    assert flow.step == Welcome()
    assert not flow.can_go_back
    await to_verifying(flow)
    assert program.sets_of_words == 2
    assert first.positions


async def test_a_flow_that_is_done_keeps_no_secret() -> None:
    flow = Program().flow()
    await flow.answer(Start.IMPORT)
    await flow.answer(Named("Old", Network.MAINNET))
    await flow.answer(KeysEntered("word1 word2", "extra"))
    assert await flow.answer(GOOD) == Done("Old", scans_first=True)
    assert not any(keeps(flow, text) for text in ("word1", "extra", "long enough"))


def test_no_step_shows_secrets_when_printed() -> None:
    assert "word1" not in repr(VerifyWords((1,), {1: "word1"}))
    assert "hidden" not in repr(Protect(True, True, "hidden", "hidden"))
    assert "word1" not in repr(ShowWords(WORDS))
    assert "secret" not in repr(EnterKeys("secret words", "secret"))
    assert "hidden" not in repr(Protected("hidden", "hidden"))
