"""The kinds of accounts that are offered: found by what people call a coin, told of whole, refused once."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from window_bench import WindowBench, click, in_a_window, until

from pillarbox.accounts import KINDS
from pillarbox.model.network import Network
from pillarbox.wallet.kind_facts import kind_choices
from pillarbox_gui.dialogs.add_account import AddAccountQuestion, _row
from pillarbox_gui.dialogs.kind_list import SENTENCE_ROLE, WRAPPED, KindList
from pillarbox_gui.theme.theme import SchemePreference, Theme
from pillarbox_gui.theme.tokens import Space

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

CHOICES = kind_choices(KINDS, Network.MAINNET)


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    made = Theme(qapp, SchemePreference.LIGHT)
    yield made
    made.deleteLater()


def kind_list(theme: Theme, qtbot: QtBot) -> KindList:
    made = KindList(theme, [_row(choice) for choice in CHOICES])
    qtbot.addWidget(made)
    return made


def found(kinds: KindList) -> set[str]:
    items = (kinds.item(row) for row in range(kinds.count()))
    return {item.text() for item in items if not item.isHidden()}


@pytest.mark.parametrize("ticker", ["BTC", "bch", "LTC", "ADA", "DASH", "Doge"])
def test_a_ticker_finds_every_kind_of_its_coin_and_no_other(theme: Theme, qtbot: QtBot, ticker: str) -> None:
    kinds = kind_list(theme, qtbot)
    kinds.filter(ticker)
    wanted = [choice for choice in CHOICES if choice.coin.ticker == ticker.upper()]
    assert found(kinds) == {name for choice in wanted for name in (choice.coin.title, choice.title)}


@pytest.mark.parametrize("width", [260, 420, 590])
def test_no_sentence_is_cut_however_narrow_the_list(theme: Theme, qtbot: QtBot, width: int) -> None:
    kinds = kind_list(theme, qtbot)
    kinds.resize(width, 400)
    kinds.show()
    muted, strong = QFontMetrics(theme.fonts.muted), QFontMetrics(theme.fonts.strong)
    for item in (kinds.item(row) for row in range(kinds.count())):
        if sentence := item.data(SENTENCE_ROLE):
            place = kinds.visualItemRect(item)
            room = QRect(0, 0, place.width() - theme.px(2 * Space.M), 0)
            needed = strong.height() + muted.boundingRect(room, WRAPPED, sentence).height()
            assert place.height() >= needed


async def adding(bench: WindowBench) -> AddAccountQuestion:
    await bench.wallet_of_words()
    view = await bench.shown("Safe")
    click(view.sidebar.add_account)
    return await bench.question(AddAccountQuestion)


@in_a_window
async def test_a_search_without_a_match_says_what_can_be_searched_for(bench: WindowBench) -> None:
    question = await adding(bench)
    question.search.setText("xrp")
    assert "BTC" in question.note.text()
    assert "Taproot" in question.note.text()
    question.reject()


@in_a_window
async def test_why_a_public_key_is_refused_is_said_once_and_until_it_is_changed(bench: WindowBench) -> None:
    question = await adding(bench)
    question.source.setCurrentIndex(1)
    question.proof.setText("nonsense")
    await until(lambda: question.preview.path.text() not in ("", "Making it…"))
    why = question.preview.path.text()
    click(question.go_on)
    await until(question.trouble.isVisible)
    said = [label.text() for label in question.findChildren(QLabel) if label.isVisible()]
    assert said.count(why) == 1
    question.proof.setText("nonsens")
    assert question.trouble.isHidden()
    question.reject()
