"""What a machine flow is given for as long as it decides."""

from collections.abc import Awaitable, Callable

from pillarbox.model.address import AddressRef


class MachineReservation:
    """An address a machine flow holds while it makes up its mind."""

    def __init__(self, ref: AddressRef, address: str, keep: Callable[[], Awaitable[None]]) -> None:
        self.ref = ref
        self.address = address
        self.kept = False
        """Whether it is in the ledger and counts as shown."""
        self.keep = keep
        """Put it there. Raises NoLongerHeldError."""
