"""Errors a person can act on: a code and its parameters, with English templates.

A front end shows `title`, `message` and `hint`; the window translates them by `code`.
Each room derives its own errors from `PillarboxError` beside the code that raises them;
the ones that several rooms raise live here.
"""

from dataclasses import dataclass
from typing import ClassVar

Parameter = str | int


@dataclass(frozen=True, slots=True)
class ErrorText:
    """What a person reads: what happened, what it means, what to do."""

    code: str
    title: str
    message: str
    hint: str


class PillarboxError(Exception):
    """Base of every error that reaches a person. Parameters fill the templates; none may be a secret."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"
    message: ClassVar[str] = "Pillarbox could not do this."
    hint: ClassVar[str] = "Nothing was changed. Try again."

    def __init__(self, **parameters: Parameter) -> None:
        super().__init__(self.code)
        self.parameters = parameters

    @property
    def text(self) -> ErrorText:
        """The English words of this error, its parameters filled in."""
        fill = self.parameters
        return ErrorText(
            self.code, self.title.format(**fill), self.message.format(**fill), self.hint.format(**fill)
        )

    def __str__(self) -> str:
        return f"{self.text.title}: {self.text.message}"


class InvalidInputError(PillarboxError):
    """Parameters: what, why."""

    code = "invalid-input"
    title = "This {what} cannot be used"
    message = "{why}"
    hint = "Check it and enter it again. Nothing was changed."


class DiskFullError(PillarboxError):
    """Parameters: where."""

    code = "disk-full"
    title = "The disk is full"
    message = (
        "There is no room left in {where}. What was saved before is safe; the last change was not saved."
    )
    hint = "Free some space, then do it again."


class FolderUnusableError(PillarboxError):
    """Parameters: folder, why."""

    code = "folder-unusable"
    title = "Pillarbox cannot use its data folder"
    message = (
        "{folder} cannot be read or written: {why}. What was saved before is safe; nothing more was saved."
    )
    hint = "Give yourself the right to read and write it, or choose another data folder with --data-dir."


class WordsNeededError(PillarboxError):
    """Parameters: purpose."""

    code = "words-needed"
    title = "The recovery words are needed"
    message = "This step needs the wallet's recovery words in hand: {purpose}."
    hint = "Enter the wallet's passphrase to go on."


class CancelledByUserError(PillarboxError):
    """No parameters."""

    code = "cancelled"
    title = "Cancelled"
    message = "You stopped this before it was done."
    hint = "Nothing was changed."
