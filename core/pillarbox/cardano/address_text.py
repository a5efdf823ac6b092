"""The text of any Cardano address from its raw bytes."""

from pillarbox.cardano import byron_address, shelley_address

_BYRON = 8
"""The upper half of a Byron address's first byte, as that of a Shelley address is its kind (CIP-19)."""


def text_of(raw: bytes) -> str:
    """Raises AddressUnreadableError for what is no Shelley address; Byron's bytes are not looked into."""
    if raw[:1] and raw[0] >> 4 == _BYRON:
        return byron_address.text_of(raw)
    return shelley_address.encode(shelley_address.from_bytes(raw))
