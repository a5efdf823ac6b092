"""An account's label names one account."""

import pytest
from wallet_bench import ROOT

from pillarbox.errors import InvalidInputError
from pillarbox.wallet.wallet import Wallet


@pytest.mark.parametrize("label", ["Bitcoin", " Bitcoin ", "7", "two\nlines", "\x1b[31mred", "x" * 101])
async def test_a_label_that_would_not_name_it_alone_is_refused(wallet: Wallet, label: str) -> None:
    with pytest.raises(InvalidInputError):
        await wallet.accounts.add("bitcoin-p2tr", number=0, root=ROOT, label=label)
    assert len(wallet.accounts.all()) == 1


async def test_an_account_keeps_its_own_label_and_takes_a_new_one(wallet: Wallet) -> None:
    account = wallet.accounts.get()
    await wallet.accounts.rename(account.id, account.label)
    await wallet.accounts.rename(account.id, " Shop 7 ")
    assert wallet.accounts.get("Shop 7").id == account.id


async def test_a_label_may_be_spelled_as_persian_and_emoji_are(wallet: Wallet) -> None:
    label = "mi\u200ckonam \N{WOMAN}\u200d\N{ROCKET}"
    await wallet.accounts.rename(wallet.accounts.get().id, label)
    assert wallet.accounts.get(label).label == label
