"""What can go wrong with a Cardano indexer. None of it can move or lose a coin, or names the project key."""

from typing import ClassVar

from pillarbox.errors import PillarboxError


class IndexerError(PillarboxError):
    """Base of all that an indexer did wrong. Parameters: server, and what each class adds."""

    hint: ClassVar[str] = "While it runs, Pillarbox tries again. If this stays, choose another indexer."


class IndexerUnreachableError(IndexerError):
    """Parameters: server, reason."""

    code = "indexer-unreachable"
    title = "The indexer cannot be reached"
    message = "No answer from {server}: {reason}. Payments made meanwhile are found later."
    hint = "Check your network and the indexer's address. While it runs, Pillarbox tries again."


class IndexerFailedError(IndexerError):
    """Parameters: server, status."""

    code = "indexer-failed"
    title = "The indexer is out of order"
    message = "{server} answered with the error {status} of its own. Payments made meanwhile are found later."


class IndexerBehindError(IndexerError):
    """Parameters: server, reason."""

    code = "indexer-behind"
    title = "The indexer is not up to date"
    message = (
        "{server} cannot know of new payments: {reason}. What was told before stays, and payments made "
        "meanwhile are found later."
    )
    hint = (
        "It may still be catching up, or this computer's clock is wrong. Wait for it, set the clock, or "
        "choose another indexer."
    )


class IndexerBusyError(IndexerError):
    """Parameters: server."""

    code = "indexer-busy"
    title = "The indexer wants fewer questions"
    message = "{server} keeps answering that it is asked too often. Payments made meanwhile are found later."


class DailyLimitError(IndexerError):
    """Parameters: server."""

    code = "indexer-daily-limit"
    title = "Today's questions are used up"
    message = (
        "{server} answers no more questions for this project key today. Your addresses stay valid, and "
        "payments made meanwhile are found later."
    )
    hint = "Wait until tomorrow, use a larger plan, or choose an indexer of your own."


class IndexerBannedError(IndexerError):
    """Parameters: server."""

    code = "indexer-banned"
    title = "The indexer has shut this computer out"
    message = (
        "{server} has shut out your network address for asking on after its limit was reached. Your "
        "addresses stay valid, and payments made meanwhile are found later."
    )
    hint = "Pillarbox asks again later by itself. Or choose another indexer."


class ProjectKeyRefusedError(IndexerError):
    """Parameters: server."""

    code = "indexer-key-refused"
    title = "The project key was refused"
    message = (
        "{server} wants a project key, and does not take the one it got, or got none. So nothing is known of "
        "new payments. Your addresses stay valid."
    )
    hint = (
        "Enter the whole project key that the indexer gave you for this network, or choose another indexer."
    )


class OtherCardanoNetworkError(IndexerError):
    """Parameters: server, wanted, magic."""

    code = "indexer-other-network"
    title = "This indexer serves another network"
    message = (
        "{server} is on the Cardano network with the number {magic}, and the wallet is on {wanted}. Nothing "
        "it says is used."
    )
    hint = "Choose an indexer of the wallet's network."


class IndexerNonsenseError(IndexerError):
    """Parameters: server, reason."""

    code = "indexer-nonsense"
    title = "The indexer's answer makes no sense"
    message = "{server} answered what no Blockfrost-compatible indexer would: {reason}. It is not used."
    hint = "Check that the indexer's address is whole, such as https://HOST/api/v0, or choose another one."


class QuestionRefusedError(IndexerError):
    """Parameters: server, reason."""

    code = "indexer-refused"
    title = "The indexer does not answer this question"
    message = "{server} refused to answer: {reason}. Nothing is known of this address until it does."
