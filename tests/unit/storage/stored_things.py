"""Things to store, made up."""

import hashlib

from pillarbox.model.account import Account, AccountId, AtLimit, ScanState
from pillarbox.model.address import DerivedAddress
from pillarbox.model.network import Network


def draft(same_key: str = "aa", label: str = "Savings") -> Account:
    """An account that has no id yet."""
    return Account(
        id=AccountId(0),
        kind="bitcoin-p2wpkh",
        network=Network.REGTEST,
        label=label,
        number=0,
        path="m/84'/1'/0'",
        fingerprint="73c5da0a",
        watch_only=False,
        gap_limit=20,
        at_limit=AtLimit.ASK,
        scan_state=ScanState.MADE_HERE,
        created_at=1_700_000_000,
        params='{"version": 1}',
        same_key=same_key,
    )


def row(index: int, branch: int = 0) -> DerivedAddress:
    """An address that looks like one."""
    digest = hashlib.sha256(f"{branch}/{index}".encode()).digest()
    return DerivedAddress(index, f"bcrt1q{digest.hex()[:38]}", b"\0\x14" + digest[:20])


def token(number: int) -> bytes:
    return number.to_bytes(16, "big")
