"""Snapshots of made-up addresses for the table's tests, benchmarks and pictures."""

import hashlib
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pillarbox.model.account import AccountId
from pillarbox.model.address import AddressColumns, AddressFlag, AddressState

ACCOUNT = AccountId(1)
CHARACTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


@dataclass(frozen=True, slots=True)
class Sample:
    """All that may differ between two addresses."""

    state: AddressState = AddressState.UNUSED
    flags: AddressFlag = AddressFlag.NONE
    received: int = 0
    payments: int = 0
    label: str = ""
    held_until: int | None = None
    held_until_used: bool = False


def address_text(index: int) -> str:
    """Looks like an address of 42 characters, is none, and differs for each index."""
    figures = hashlib.sha256(index.to_bytes(8, "big")).digest() * 2
    return "bc1q" + "".join(CHARACTERS[byte & 31] for byte in figures[:38])


def snapshot(
    samples: Mapping[int, Sample], revision: int = 1, only: Iterable[int] | None = None, branch: int = 0
) -> AddressColumns:
    """The samples by index, all of them or only some, as the core hands them out."""
    indices = sorted(samples if only is None else only)
    rows = [samples[index] for index in indices]
    reserved = [(i, s) for i, s in zip(indices, rows, strict=True) if s.state is AddressState.RESERVED]
    return AddressColumns(
        account=ACCOUNT,
        branch=branch,
        revision=revision,
        indices=indices,
        texts=[address_text(index) for index in indices],
        states=bytes(s.state for s in rows),
        flags=[int(s.flags) for s in rows],
        received=array("q", [s.received for s in rows]),
        payments=array("q", [s.payments for s in rows]),
        labels={i: s.label for i, s in zip(indices, rows, strict=True) if s.label},
        held_until={i: None if s.held_until_used else s.held_until for i, s in reserved},
        held_until_used=frozenset(i for i, s in reserved if s.held_until_used),
    )
