"""What can go wrong with an Electrum server. None of it can move or lose a coin.

Every error but NoServerError is about one server, named by the parameter `server`; the client gives that
server up for a while and goes on with the next.
"""

from typing import ClassVar

from pillarbox.errors import PillarboxError


class NoServerError(PillarboxError):
    """No parameters."""

    code = "no-electrum-server"
    title = "No Electrum server is set"
    message = "Pillarbox has no server to ask about payments on this network. Your addresses stay valid."
    hint = "Add a server in the settings, then it connects by itself."


class ConnectionClosedError(PillarboxError):
    """No parameters. The program itself closed the connection."""

    code = "connection-closed"
    title = "The connection is closed"
    message = "Pillarbox is closing, so the question about payments was given up."
    hint = "It is asked again when Pillarbox runs again."


class ElectrumError(PillarboxError):
    """Base of all that one server did wrong. Parameters: server, and what each class adds."""

    hint: ClassVar[str] = "While it runs, Pillarbox tries again. If this stays, choose another server."


class ServerUnreachableError(ElectrumError):
    """Parameters: server, reason."""

    code = "server-unreachable"
    title = "The server cannot be reached"
    message = "No connection to {server}: {reason}. Payments made meanwhile are found later."
    hint = "Check your network and the server's address. While it runs, Pillarbox tries again."


class ProxyFailedError(ElectrumError):
    """Parameters: server, proxy, reason."""

    code = "proxy-failed"
    title = "The proxy did not connect"
    message = "The SOCKS5 proxy at {proxy} gave no connection to {server}: {reason}."
    hint = "Check that the proxy (such as Tor) is running and that its address in the settings is right."


class OnionNeedsProxyError(ElectrumError):
    """Parameters: server."""

    code = "onion-needs-proxy"
    title = "This server is only reached through Tor"
    message = "{server} is an onion address, and no SOCKS5 proxy is set."
    hint = "Start Tor and enter its proxy in the settings, often 127.0.0.1:9050."


class ConnectionDroppedError(ElectrumError):
    """Parameters: server."""

    code = "connection-dropped"
    title = "The connection broke off"
    message = "{server} closed the connection, or the network did."


class HalfLineError(ElectrumError):
    """Parameters: server."""

    code = "server-half-line"
    title = "The connection broke off in mid-sentence"
    message = "{server} closed the connection before its answer was whole."


class SilentServerError(ElectrumError):
    """Parameters: server, seconds."""

    code = "silent-server"
    title = "The server does not answer"
    message = "{server} has answered nothing for {seconds} seconds. Payments made meanwhile are found later."


class ConnectionTroubleError(ElectrumError):
    """Parameters: server. What went wrong is here, not there, and in the log."""

    code = "connection-trouble"
    title = "The connection could not be used"
    message = "Pillarbox met a problem of its own with {server}. Payments made meanwhile are found later."
    hint = "While it runs, Pillarbox tries again. If this stays, look into the log file and report it."


class RefusedServerError(ElectrumError):
    """Base of what makes a server unusable until somebody changes something."""

    hint: ClassVar[str] = "Choose another server in the settings."


class CertificateChangedError(RefusedServerError):
    """Parameters: server, known, shown: what was expected, and the SHA-256 of what came."""

    code = "certificate-changed"
    title = "The server's certificate has changed"
    message = (
        "{server} was known by {known}, and now shows the certificate {shown}. Somebody may be listening in "
        "between. They could see your addresses and hide payments from you, but not take any."
    )
    hint = "If whoever runs the server confirms the new certificate, trust it. Otherwise use another server."


class TlsFailedError(RefusedServerError):
    """Parameters: server, reason."""

    code = "tls-failed"
    title = "No private connection to the server"
    message = "{server} could be reached, but agreed on no encryption: {reason}."
    hint = "Check the port. If it is one without encryption, end the address in :t."


class WrongChainError(RefusedServerError):
    """Parameters: server, network, found: whose first block the server has, or that block's hash."""

    code = "wrong-chain"
    title = "The server is on another chain"
    message = "{server} does not follow {network}: its first block is {found}."
    hint = "Choose a server of {network}. Nothing it said was believed."


class CheckpointConflictError(RefusedServerError):
    """Parameters: server, network, height."""

    code = "checkpoint-conflict"
    title = "The server is on another chain"
    message = "{server} does not follow {network}: its block {height} is not the one that Pillarbox knows."
    hint = "Choose another server. Nothing it said was believed."


class ServerTooOldError(RefusedServerError):
    """Parameters: server, reason."""

    code = "server-version"
    title = "The server speaks another version"
    message = "{server} speaks no version of the Electrum protocol from 1.4 to 1.6: {reason}."


class ServerBehindError(ElectrumError):
    """Parameters: server, height, needed."""

    code = "server-behind"
    title = "The server is not up to date"
    message = "{server} knows blocks up to {height}, and at least {needed} are needed."
    hint = "It may still be catching up. Wait for it, or choose another server."


class ServerLagsError(ElectrumError):
    """Parameters: server, height, newest."""

    code = "server-lags"
    title = "The server is not up to date"
    message = "{server} knows blocks up to {height}, and another one has shown {newest}."
    hint = "Pillarbox goes on with another server if one answers. It may still be catching up."


class ServerBusyError(ElectrumError):
    """Parameters: server, reason."""

    code = "server-busy"
    title = "The server has had enough"
    message = "{server} answers no more questions for now: {reason}."
    hint = "Large wallets are best served by a server of your own. While it runs, Pillarbox tries again."


class ServerRefusedError(ElectrumError):
    """Parameters: server, method, reason."""

    code = "server-refused"
    title = "The server refused to answer"
    message = "{server} did not answer {method}: {reason}. Payments it does not tell of are not shown."


class FalseServerError(ElectrumError):
    """Base of words that no honest, working server says. Nothing of them was believed."""

    hint: ClassVar[str] = (
        "Nothing it said was believed. Pillarbox goes on with another server if there is one."
    )


class GarbageError(FalseServerError):
    """Parameters: server."""

    code = "server-garbage"
    title = "The server sends what cannot be read"
    message = "{server} sent something that is not the Electrum protocol."


class TooMuchDataError(FalseServerError):
    """Parameters: server, limit: bytes."""

    code = "server-too-much"
    title = "The server sends too much"
    message = "{server} sent more than {limit} bytes at once, which no honest answer needs."


class UnaskedReplyError(FalseServerError):
    """Parameters: server."""

    code = "server-unasked"
    title = "The server answers what nobody asked"
    message = "{server} sent an answer to a question that was never put to it."


class UnexpectedReplyError(FalseServerError):
    """Parameters: server, method, reason."""

    code = "server-unexpected"
    title = "The server's answer makes no sense"
    message = "The answer of {server} to {method} cannot be right: {reason}."


class FalseHeaderError(FalseServerError):
    """Parameters: server, height, reason."""

    code = "false-header"
    title = "The server shows a false block"
    message = "Block {height} as shown by {server} breaks the rules: {reason}."


class MissingHeadersError(FalseServerError):
    """Parameters: server, height."""

    code = "missing-headers"
    title = "The server does not show its blocks"
    message = "{server} says that there is a block {height}, but does not show it."


class FalseTransactionError(FalseServerError):
    """Parameters: server, txid, reason."""

    code = "false-transaction"
    title = "The server shows a false transaction"
    message = "What {server} sent as transaction {txid} is not that transaction: {reason}."


class FalseProofError(FalseServerError):
    """Parameters: server, txid, height, reason."""

    code = "false-proof"
    title = "The server's proof of a payment is false"
    message = "{server} cannot prove that transaction {txid} is in block {height}: {reason}."
