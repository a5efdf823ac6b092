"""The text of an address as others may have it: checked, and within a payment link."""

from dataclasses import dataclass

from pillarbox.accounts.kind import AccountKind
from pillarbox.bitcoin.payment_link import PaymentLink, build_link, qr_text
from pillarbox.errors import PillarboxError
from pillarbox.model.address import AddressRef
from pillarbox.wallet.open_accounts import OpenBranch


class AddressDamagedError(PillarboxError):
    """Parameters: path."""

    code = "address-damaged"
    title = "This address does not match its keys"
    message = (
        "The address stored for {path} is not the one its keys give, so it is not shown or copied. "
        "Money sent to it might be lost."
    )
    hint = "Do not use it. Close Pillarbox, check this computer's disk and memory, and restore from a backup."


@dataclass(frozen=True, slots=True)
class LinkTexts:
    """A payment link, and the form of it that makes the smaller QR code."""

    link: str
    qr: str


def checked(branch: OpenBranch, ref: AddressRef) -> str:
    """Only this may be copied. Raises AddressDamagedError."""
    if branch.key_source is not None and not branch.text_is_right(ref.index):
        raise AddressDamagedError(path=branch.deriver.path(ref.branch, ref.index))
    return branch.pool.texts[ref.index]


def payment_link(branch: OpenBranch, kind: AccountKind, ref: AddressRef) -> LinkTexts:
    """With what its payment request asks for. Raises AddressDamagedError."""
    text = checked(branch, ref)
    if not kind.payable:
        return LinkTexts(text, text)
    running = branch.running.get(ref.index)
    request = running.request if running else None
    link = PaymentLink(
        text, amount=request.amount if request else None, message=request.label if request else ""
    )
    return LinkTexts(build_link(link, kind.coin), qr_text(link, kind.coin))
