"""Static addresses, their payments and their deposits, in words."""

from PySide6.QtCore import QCoreApplication

from pillarbox.errors import ErrorText
from pillarbox.wallet.loop_desk import DepositFacts, DepositPhase, ExitFacts, PendingPayment, StaticFacts
from pillarbox.wallet.static_addresses import Recovery
from pillarbox_gui.wording.amounts import UNIT_SPACE, group_digits
from pillarbox_gui.wording.times import Calendar, counted

LEAST_SHARE = 0.1
"""Percent; less is not told apart."""

translate = QCoreApplication.translate


def sat_words(amount: int) -> str:
    """Satoshi, with the unit."""
    return f"{group_digits(amount)}{UNIT_SPACE}sat"


def msat_words(msat: int) -> str:
    """Millisatoshi as satoshi; what is left of one as decimals."""
    whole, rest = divmod(msat, 1000)
    decimals = f".{rest:03d}" if rest else ""
    return f"{group_digits(whole)}{decimals}{UNIT_SPACE}sat"


def payment_heading(pending: PendingPayment) -> tuple[str, str]:
    """Title and explanation."""
    if pending.over:
        return (
            translate("loop", "The invoice is over"),
            translate(
                "loop",
                "{server} takes this payment no more. If it was paid in time, enter the proof. If not, "
                "discard it and add the account again: the server makes a new invoice.",
            ).format(server=pending.server),
        )
    return (
        translate("loop", "The server wants to be paid first"),
        translate(
            "loop",
            "Pay this invoice once, from any Lightning wallet. That wallet then shows what proves the "
            "payment (the preimage): enter it here.",
        ),
    )


def until_words(pending: PendingPayment, calendar: Calendar, now: int) -> str:
    """Until when it can be paid."""
    if pending.over:
        return translate("loop", "It can be paid no more")
    return calendar.until(pending.ends_at, now)


def purpose_words() -> str:
    return translate(
        "loop", "An access token, without which the server makes no static address. It is paid once."
    )


def node_words(pending: PendingPayment, node: str) -> str:
    """What stands beside the button that has a node pay."""
    if pending.sent_by:
        return translate(
            "loop", "{node} was told to pay and has not said how it ended. Asking again pays nothing twice."
        ).format(node=pending.sent_by)
    if node:
        return translate("loop", "Your node: {node}").format(node=node)
    return translate("loop", "It needs the node's address, a macaroon that may pay, and its certificate.")


def words_needed() -> ErrorText:
    """Before the address is made, once the payment is proven."""
    return ErrorText(
        "words-needed",
        translate("loop", "The payment is proven"),
        translate("loop", "Now the server makes the static address with a key from the recovery words."),
        translate("loop", "Enter the wallet's passphrase."),
    )


def backup_words_needed() -> ErrorText:
    return ErrorText(
        "words-needed",
        translate("loop", "The recovery words open the backup"),
        translate("loop", "It is opened, and nothing is paid."),
        translate("loop", "Enter the wallet's passphrase."),
    )


def anew_words_needed() -> ErrorText:
    return ErrorText(
        "words-needed",
        translate("loop", "Begin with a new static address"),
        translate(
            "loop",
            "The server is asked for a new token, and wants to be paid for it. What lies on an older static "
            "address is not lost: its backup brings it back.",
        ),
        translate("loop", "Enter the wallet's passphrase."),
    )


def exit_words_needed() -> ErrorText:
    return ErrorText(
        "words-needed",
        translate("loop", "Sign the transaction"),
        translate("loop", "It is signed with the deposit's key, and not sent to anybody."),
        translate("loop", "Enter the wallet's passphrase."),
    )


def phase_words(deposit: DepositFacts) -> str:
    """How a deposit stands."""
    match deposit.phase:
        case DepositPhase.WAITING:
            return translate("loop", "Waits for its block")
        case DepositPhase.SHARED:
            return translate("loop", "Spent together with the server")
        case DepositPhase.ALONE:
            return translate("loop", "Yours alone: it can be taken back")
        case DepositPhase.SPENT:
            return translate("loop", "Spent")


def confirmation_words(deposit: DepositFacts) -> str:
    if deposit.confirmations is None:
        return translate("loop", "Confirmations not known without a server of the chain")
    if not deposit.confirmations:
        return translate("loop", "Not confirmed")
    return counted(
        deposit.confirmations,
        translate("loop", "1 confirmation"),
        translate("loop", "{n} confirmations"),
    )


def recovery_words(recovery: Recovery, calendar: Calendar, now: int) -> str:
    """From when on no server is needed. `now`: Unix seconds."""
    block = group_digits(recovery.height)
    if recovery.at <= now:
        return translate("loop", "Recovery without the server: since block {block}").format(block=block)
    said = translate("loop", "Earliest recovery without the server: block {block}, about {date}")
    return said.format(block=block, date=calendar.date(recovery.at, now))


def static_title(facts: StaticFacts) -> str:
    """How much lies on the address, in a line."""
    there = [each for each in facts.deposits if each.phase is not DepositPhase.SPENT]
    if not there:
        return translate("loop", "No deposits yet")
    number = counted(len(there), translate("loop", "1 deposit"), translate("loop", "{n} deposits"))
    return f"{number}, {sat_words(sum(each.amount for each in there))}"


def token_words(facts: StaticFacts) -> str:
    """The state of the access token."""
    if not facts.token_id:
        return translate("loop", "Not here. Restore a Loop backup to get it back")
    said = translate("loop", "Paid") if facts.token_paid else translate("loop", "Not paid")
    return f"{said} ({facts.token_id[:8]})"


def waiting_words(facts: StaticFacts) -> str:
    return translate("loop", "{n} blocks from a deposit's own block on").format(n=group_digits(facts.expiry))


def backup_words(facts: StaticFacts) -> str:
    """How the backups are kept, or why they lack."""
    said = translate("loop", "Written once; it does not change with use.")
    return " ".join([said, *facts.troubles])


def exit_facts(made: ExitFacts, deposit: DepositFacts) -> list[tuple[str, str]]:
    """What a transaction that takes a deposit back does, and what was checked of it, each with its name."""
    share = 100 * made.fee / deposit.amount
    fee = (
        translate("loop", "{fee}, {share} % of the deposit")
        if share >= LEAST_SHARE
        else translate("loop", "{fee}, less than {share} % of the deposit")
    )
    shown = f"{max(share, LEAST_SHARE):.1f}"
    facts = [
        (translate("loop", "Fee"), fee.format(fee=sat_words(made.fee), share=shown)),
        (translate("loop", "Pays"), sat_words(made.amount)),
        (translate("loop", "To"), made.to),
        (translate("loop", "Spends only"), f"{deposit.txid}:{deposit.output}"),
    ]
    if deposit.recovery is not None:
        since = translate("loop", "Over since block {block}")
        block = group_digits(deposit.recovery.height)
        facts.append((translate("loop", "Waiting time"), since.format(block=block)))
    return [*facts, (translate("loop", "Transaction"), made.txid)]
