"""One presenter for everything that goes wrong: said in the user's words, where the user is looking."""

import asyncio
import logging
from typing import Protocol

from pillarbox.errors import CancelledByUserError, ErrorText, PillarboxError
from pillarbox_gui.wording.errors import error_words, unexpected_words

log = logging.getLogger(__name__)


class ShowError(Protocol):
    """A place for an error's words: a banner on a page, or a dialog that is opened, never run."""

    def __call__(self, words: ErrorText) -> None: ...


class ErrorPresenter:
    """Callable with any exception; what tasks and slots are given as their `present`.

    What the user cancelled is no error. What nobody foresaw is logged with its trace, and told in words that
    name no inner thing.
    """

    def __init__(self, show: ShowError) -> None:
        self._show = show

    def __call__(self, error: BaseException) -> None:
        match error:
            case asyncio.CancelledError() | CancelledByUserError():
                return
            case PillarboxError():
                log.info("told the user: %s", error.code)
                self._show(error_words(error))
            case _:
                log.error("unexpected failure", exc_info=error)
                self._show(unexpected_words())
