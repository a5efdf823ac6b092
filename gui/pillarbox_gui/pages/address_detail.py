"""All that the panel tells of one address, as it was when asked."""

from dataclasses import dataclass

from pillarbox.model.address import Address, AddressRef, AddressState
from pillarbox.model.network import Coin, Network
from pillarbox.model.payment import Payment
from pillarbox.model.receiving import LedgerEntry, PaymentRequest
from pillarbox.wallet.address_texts import LinkTexts
from pillarbox.wallet.kind_facts import shown_by_explorers
from pillarbox.wallet.wallet import Wallet
from pillarbox_gui.dialogs.explorer import explorer_link


@dataclass(frozen=True, slots=True)
class AddressDetail:
    """One address, its request, its past. `history` is oldest first; `link` while it is held for a payer."""

    address: Address
    coin: Coin
    network: Network
    payable: bool
    """Whether what is sent to it can be spent again."""
    request: PaymentRequest | None
    link: LinkTexts | None
    explorer: str = ""
    """Where a block explorer shows it; "" where none does."""
    history: tuple[LedgerEntry, ...] = ()
    payments: tuple[Payment, ...] = ()

    @property
    def asked(self) -> int:
        """What its request asked for, in the smallest unit; 0: nothing, or any amount."""
        return (self.request.amount or 0) if self.request else 0

    @property
    def missing(self) -> int:
        """How much less came than was asked for: negative where more did, 0 before anything came."""
        return self.asked - self.address.received if self.asked and self.address.received else 0


async def read_detail(wallet: Wallet, ref: AddressRef) -> AddressDetail:
    """Raises NoSuchAddressError, AddressDamagedError."""
    history = tuple(await wallet.holding.history(ref))
    payments = tuple(await wallet.payments.of_address(ref))
    request = wallet.accounts.request(ref)
    held = wallet.accounts.address(ref)
    kind = wallet.accounts.kind(ref.account)
    return AddressDetail(
        address=held,
        coin=kind.coin,
        network=wallet.network,
        payable=kind.payable,
        request=request,
        link=wallet.accounts.payment_link(ref)
        if held.state is AddressState.RESERVED and kind.payable
        else None,
        explorer=explorer_link(kind.coin, wallet.network, held.text) if shown_by_explorers(kind) else "",
        history=history,
        payments=payments,
    )
