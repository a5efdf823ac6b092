"""Errors in the user's language.

The source text of every translation is the English template in the error's class, and its disambiguation the
error's code; what no translator has seen yet is shown in English.
"""

from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from pillarbox.errors import ErrorText, PillarboxError
from pillarbox_gui.wording.hints import window_hints

translate = QCoreApplication.translate


def error_words(error: PillarboxError) -> ErrorText:
    """What a person reads of an error: parameters filled in, translated where a translation exists."""

    def words(template: str) -> str:
        return translate("errors", template, error.code).format(**error.parameters)

    hint = window_hints().get(error.code) or words(error.hint)
    return ErrorText(error.code, words(error.title), words(error.message), hint)


def window_words(text: ErrorText) -> ErrorText:
    """An error that was put into words elsewhere, with what can be done about it in the window."""
    return replace(text, hint=window_hints().get(text.code, text.hint))


def unexpected_words() -> ErrorText:
    """For a failure that nobody foresaw: the details are in the log, not on the screen."""
    return ErrorText(
        "unexpected",
        translate("errors", "Something went wrong"),
        translate(
            "errors",
            "Pillarbox met a problem that it does not know, and may not have done what you asked for. It "
            "cannot send money, so it sent none.",
        ),
        translate(
            "errors", "Try again. If it happens again, the log says more: About Pillarbox (F1) leads to it."
        ),
    )
