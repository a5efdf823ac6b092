"""`inspect` for what Lightning Loop and lnd make: static addresses, keys, recovery backups, access tokens."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

from pillarbox.bitcoin.script import script_to_address
from pillarbox.commands import items
from pillarbox.commands.items import Item, Object
from pillarbox.errors import InvalidInputError
from pillarbox.files.reading import read_bounded
from pillarbox.keys import lnd
from pillarbox.keys.bip32 import MAX_INDEX, InvalidChildError
from pillarbox.loop import backup_file, token_file
from pillarbox.loop.backup_file import AddressParameters, BackupFileError, Name
from pillarbox.loop.generations import Candidate, Generation, latest, open_file, survey, validate
from pillarbox.loop.l402 import caveats_of
from pillarbox.loop.static_address import MOST_BLOCKS, StaticAddress, require_key
from pillarbox.loop.token_file import Token
from pillarbox.model.network import Network
from pillarbox.secret import Secret

_OLDER_FORM = "the token is of the first version of macaroons, which is written no more"
_OTHER_CAVEATS = "some of its caveats are no conditions with a value, and are left out"


def inspect_static_address(item: Item) -> dict[str, object]:
    """The address of two keys and an expiry (1 to 65535 blocks), and what spends it.

    Raises PillarboxError.
    """
    given = items.require_object(item, {"client_pubkey", "server_pubkey", "expiry", "network"})
    client, server = (_public_key(given, whose) for whose in ("client", "server"))
    expiry, network = items.number(given, "expiry"), items.network(given)
    if not 1 <= expiry <= MOST_BLOCKS:
        raise InvalidInputError(what="expiry", why=f"BIP68 counts 1 to {MOST_BLOCKS} blocks.")
    made = StaticAddress(client, server, expiry)
    return {
        "address": script_to_address(made.script, network),
        "pkscript": made.script.hex(),
        "timeout_script": made.timeout_script.hex(),
        "internal_key": made.internal_key.format()[1:].hex(),
        "output_key": made.output_key.format()[1:].hex(),
        "control_block": made.control_block.hex(),
    }


def inspect_lnd_key(item: Item) -> dict[str, object]:
    """`pubkey` as lnd derives it, and `bip32_pubkey`, which differs for one seed in 256."""
    given = items.require_object(item, {"seed", "coin_type", "family", "index"})
    coin, family, index = (items.number(given, name) for name in ("coin_type", "family", "index"))
    if max(coin, family, index) > MAX_INDEX:
        raise InvalidInputError(what="path", why=f"Each of its numbers is at most {MAX_INDEX}.")
    with Secret(items.data(items.text(given, "seed"), "seed")) as seed:
        try:
            as_lnd, strict = (lnd.public_key(seed, coin, family, index, strict=way) for way in (False, True))
        except InvalidChildError as error:
            raise InvalidInputError(what="index", why="There is no key at this index.") from error
    return {"pubkey": as_lnd.hex(), "bip32_pubkey": strict.hex()}


def inspect_loop_backup(item: Item) -> dict[str, object]:
    """What a backup holds, once all that must hold before a restore does. Raises PillarboxError.

    A file's own name is judged with it, or `name` where that is given; bytes alone are judged without one.
    """
    given = items.require_object(item, {"hex", "path", "name", "key", "seed", "network"})
    network, source = items.network(given), items.one_of(given, "hex", "path")
    name: str | None = items.text(given, "name") if "name" in given else None
    if source == "path":
        path = Path(items.text(given, "path"))
        name = path.name if name is None else name
        data = _file(path)
    else:
        data = items.data(items.text(given, "hex"), "hex")
    with _keys(given, network) as keys:
        payload = open_file(data, keys)
    claimed = Name(payload.l402_token_created_at, payload.l402_token_id) if name is None else _name(name)
    generation = validate(claimed, payload, network)
    return {
        "payload": json.loads(backup_file.write(payload)),
        "token_id": payload.l402_token_id,
        "created_at": payload.l402_token_created_at,
        "network": payload.network,
        "static_address": _address(generation.address, network),
    }


def inspect_loop_backups(item: Item) -> dict[str, object]:
    """Every backup of a folder, newest first, and the name of the latest that is valid.

    Folders in it are passed over, whatever their names. Raises PillarboxError where it cannot be listed.
    """
    given = items.require_object(item, {"dir", "key", "seed", "network"})
    network = items.network(given)
    files = _files(items.text(given, "dir"))
    with _keys(given, network) as keys:
        candidates = survey(files, keys, network)
    best = latest(candidates)
    return {
        "latest": next((each.file_name for each in candidates if each.found is best), None),
        "candidates": [_candidate(each) for each in candidates],
    }


def inspect_l402_token(item: Item) -> dict[str, object]:
    """What a token file holds; `warnings` say what is odd about it. Raises PillarboxError."""
    given = items.require_object({"hex": item} if isinstance(item, str) else item, {"hex"})
    data = items.data(items.text(given, "hex"), "hex")
    token = token_file.parse(data)
    return {
        "token_id": token.identifier.token_id.hex(),
        "payment_hash": token.payment_hash.hex(),
        "preimage": token.preimage.hex(),
        "paid": token.paid,
        "amount_msat": token.amount_msat,
        "fee_msat": token.fee_msat,
        "created_at": token.created_at,
        "caveats": dict(caveats_of(token.macaroon)),
        "warnings": _warnings(token, data),
    }


def _public_key(given: Object, whose: str) -> bytes:
    name = f"{whose}_pubkey"
    key = items.data(items.text(given, name), name)
    require_key(key, whose)
    return key


def _warnings(token: Token, data: bytes) -> list[str]:
    found = [oddity.value for oddity in token.oddities]
    if token_file.serialise(token) != data:
        found.append(_OLDER_FORM)
    if any(caveat.verification or b"=" not in caveat.identifier for caveat in token.macaroon.caveats):
        found.append(_OTHER_CAVEATS)
    return found


@contextmanager
def _keys(given: Object, network: Network) -> Iterator[list[Secret]]:
    """What may open a wallet's backups: the key itself, or a seed's as lnd and as BIP32 derive it."""
    source = items.one_of(given, "key", "seed")
    with Secret(items.data(items.text(given, source), source)) as secret:
        if source == "key":
            if len(secret) != backup_file.KEY_SIZE:
                raise InvalidInputError(what="key", why=f"It has {backup_file.KEY_SIZE} bytes.")
            yield [secret]
            return
        with (
            _backup_key(secret, network, strict=False) as as_lnd,
            _backup_key(secret, network, strict=True) as as_standard,
        ):
            yield [as_lnd, as_standard]


def _backup_key(seed: Secret, network: Network, *, strict: bool) -> Secret:
    coin = 0 if network is Network.MAINNET else 1
    with (
        lnd.family(seed, coin, backup_file.LEGACY_FAMILY, strict=strict) as family,
        family.child(0) as node,
        node.key() as private,
    ):
        return lnd.shared_key(private)


def _file(path: Path) -> bytes:
    try:
        return read_bounded(path, backup_file.LARGEST)
    except (OSError, ValueError) as error:
        raise BackupFileError(why=f"It cannot be read: {_told(error)}") from error


def _files(folder: str) -> dict[str, Callable[[], bytes]]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]
    except (OSError, ValueError) as error:
        raise InvalidInputError(what="folder", why=f"It cannot be listed: {_told(error)}.") from error
    return {name: partial(read_bounded, Path(folder, name), backup_file.LARGEST) for name in names}


def _told(error: OSError | ValueError) -> str:
    """A ValueError is that of a NUL in a path."""
    return (isinstance(error, OSError) and error.strerror) or "no file has such a name"


def _name(text: str) -> Name:
    name = Name.parse(text)
    if name is None:
        raise BackupFileError(why="Its name is not that of a Loop backup")
    return name


def _address(parameters: AddressParameters, network: Network) -> dict[str, object]:
    made = StaticAddress(parameters.client_pubkey, parameters.server_pubkey, parameters.expiry)
    shown = {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in asdict(parameters).items()
        if value is not None
    }
    return {"address": script_to_address(made.script, network), **shown}


def _candidate(each: Candidate) -> dict[str, object]:
    if isinstance(each.found, Generation):
        return {"name": each.file_name, "ok": True}
    told = each.found.text
    return {"name": each.file_name, "ok": False, "error": {"code": told.code, "message": told.message}}
