"""The text of slots.json: what opens a wallet's file, sealed, and nothing else that tells of the wallet."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pillarbox.errors import PillarboxError
from pillarbox.model.account import WalletId
from pillarbox.model.network import Network
from pillarbox.vault.passphrase import SALT, Cost

VERSION = 1


class SlotsMissingError(PillarboxError):
    """Parameters: path."""

    code = "slots-missing"
    title = "The wallet's key file is missing"
    message = (
        "There is no {path}. Without it the wallet's file cannot be opened, not even with the passphrase."
    )
    hint = "Put slots.json back from a copy, or restore the wallet from its words or a backup."


class SlotsDamagedError(PillarboxError):
    """Parameters: path."""

    code = "slots-damaged"
    title = "The wallet's key file is damaged"
    message = (
        "{path} is not what Pillarbox wrote, so the wallet cannot be opened with it. It was not touched."
    )
    hint = "Put slots.json back from a copy, or restore the wallet from its words or a backup."


class SlotsNewerError(PillarboxError):
    """Parameters: path, found, known."""

    code = "slots-newer"
    title = "This wallet needs a newer Pillarbox"
    message = (
        "{path} was saved by a newer Pillarbox: its format is {found}, and this one knows formats "
        "up to {known}. It was not touched."
    )
    hint = "Install the newest Pillarbox and open the wallet with it."


@dataclass(frozen=True, slots=True)
class PassphraseSlot:
    """Both keys of the wallet, sealed under what Argon2id makes of the passphrase."""

    salt: bytes
    cost: Cost
    box: bytes


@dataclass(frozen=True, slots=True)
class KeychainSlot:
    """The file key, sealed under a key that the keychain holds."""

    backend: str
    box: bytes


@dataclass(frozen=True, slots=True)
class RetiredPassphrase:
    """Recognises the passphrase before the present one, most of the time.

    One byte of a hash: enough to say "this one was changed", and useless to find the old one out.
    """

    salt: bytes
    cost: Cost
    check: int


@dataclass(frozen=True, slots=True)
class SlotsFile:
    """All that stands in the file."""

    wallet: WalletId
    network: Network
    passphrase: PassphraseSlot | None = None
    keychain: KeychainSlot | None = None
    retired: RetiredPassphrase | None = None

    def encode(self) -> bytes:
        body: dict[str, Any] = {"version": VERSION, "wallet": self.wallet, "network": self.network.value}
        if self.passphrase is not None:
            body["passphrase"] = {
                **_kdf(self.passphrase.salt, self.passphrase.cost),
                "sealed": self.passphrase.box.hex(),
            }
        if self.keychain is not None:
            body["keychain"] = {"backend": self.keychain.backend, "sealed": self.keychain.box.hex()}
        if self.retired is not None:
            body["retired"] = {
                **_kdf(self.retired.salt, self.retired.cost),
                "check": self.retired.check,
            }
        return json.dumps({**body, "checksum": _checksum(body)}, indent=2).encode() + b"\n"


def read_slots(path: Path) -> SlotsFile:
    """Raises SlotsMissingError, SlotsDamagedError, SlotsNewerError."""
    try:
        body = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise SlotsMissingError(path=str(path)) from None
    except (OSError, ValueError, RecursionError) as error:
        raise SlotsDamagedError(path=str(path)) from error
    version = body.get("version") if isinstance(body, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise SlotsNewerError(path=str(path), found=version, known=VERSION)
    try:
        return _decoded(body)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SlotsDamagedError(path=str(path)) from error


def _decoded(body: Mapping[str, Any]) -> SlotsFile:
    fields = dict(body)
    if fields.pop("checksum") != _checksum(fields):
        raise ValueError("the checksum does not fit")
    passphrase, keychain, retired = (fields.get(name) for name in ("passphrase", "keychain", "retired"))
    return SlotsFile(
        wallet=WalletId(fields["wallet"]),
        network=Network(fields["network"]),
        passphrase=None
        if passphrase is None
        else PassphraseSlot(*_read_kdf(passphrase), bytes.fromhex(passphrase["sealed"])),
        keychain=None
        if keychain is None
        else KeychainSlot(str(keychain["backend"]), bytes.fromhex(keychain["sealed"])),
        retired=None if retired is None else RetiredPassphrase(*_read_kdf(retired), int(retired["check"])),
    )


def _kdf(salt: bytes, cost: Cost) -> dict[str, Any]:
    return {
        "kdf": "argon2id",
        "memory_kib": cost.memory_kib,
        "passes": cost.passes,
        "lanes": cost.lanes,
        "salt": salt.hex(),
    }


def _read_kdf(fields: Mapping[str, Any]) -> tuple[bytes, Cost]:
    salt = bytes.fromhex(fields["salt"])
    if fields["kdf"] != "argon2id" or len(salt) != SALT:
        raise ValueError("not a key derivation of ours")
    return salt, Cost(fields["memory_kib"], fields["passes"], fields["lanes"])


def _checksum(body: Mapping[str, Any]) -> str:
    """Tells damage from a wrong passphrase. It guards against accidents; against people, the seals do."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
