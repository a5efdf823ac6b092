"""What is asked of a payer is checked while it can still be mended."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from pillarbox.model.network import BITCOIN, Network
from pillarbox.model.receiving import DEFAULT_HOLD, RequestTerms
from pillarbox_gui.dialogs.payment_request import PaymentRequestQuestion
from pillarbox_gui.theme.theme import SchemePreference, Theme

# What the offscreen platform says of every window that has a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    made = Theme(qapp, SchemePreference.LIGHT)
    yield made
    made.deleteLater()


@pytest.fixture
def question(theme: Theme, qtbot: QtBot) -> Iterator[PaymentRequestQuestion]:
    window = QWidget()
    qtbot.addWidget(window)
    made = PaymentRequestQuestion(theme, window, BITCOIN, Network.MAINNET, DEFAULT_HOLD)
    made.show()
    yield made
    made.close()


def answered(question: PaymentRequestQuestion, qtbot: QtBot) -> RequestTerms | None:
    """Press "Show address", and see what is answered."""
    qtbot.mouseClick(question.request, Qt.MouseButton.LeftButton)
    return question._answer


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("0", "leave the amount empty"),
        ("0.00000000", "leave the amount empty"),
        ("21000001", "not that much"),
        ("9" * 40, "not that much"),
        ("0.000000001", "no more than 8 decimals"),
        ("1e3", "Only digits"),
    ],
)
def test_an_amount_that_nobody_can_pay_is_refused_with_all_that_was_typed_kept(
    typed: str, why: str, question: PaymentRequestQuestion, qtbot: QtBot
) -> None:
    question.label.setText("Invoice 7")
    question.amount.setText(typed)
    assert answered(question, qtbot) is None
    assert question.isVisible()
    assert why in question.trouble.text()
    assert (question.label.text(), question.amount.text()) == ("Invoice 7", typed)
    question.amount.setText("21000000")
    terms = answered(question, qtbot)
    assert terms is not None
    assert (terms.label, terms.amount) == ("Invoice 7", 21_000_000 * 10**8)


def test_an_empty_amount_asks_for_any(question: PaymentRequestQuestion, qtbot: QtBot) -> None:
    terms = answered(question, qtbot)
    assert terms is not None
    assert terms.amount is None


def test_it_says_that_the_payer_sees_the_label(question: PaymentRequestQuestion) -> None:
    said = [label.text() for label in question.findChildren(QLabel)]
    assert any(text.startswith("The payer sees it") for text in said)
    assert question.label.accessibleDescription() in said
    assert question.amount.accessibleName() == "Amount in BTC"
