"""Which Loop backup is valid, and which valid one is the latest."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pillarbox.loop import backup_file, token_file
from pillarbox.loop.backup_file import AddressParameters, BackupFileError, Name, Payload, PayloadError
from pillarbox.loop.l402 import L402Error
from pillarbox.loop.static_address import MOST_BLOCKS, PROTOCOL_VERSION, StaticAddressError, require_key
from pillarbox.loop.token_file import Token, TokenFileError
from pillarbox.secret import Secret


@dataclass(frozen=True, slots=True)
class Generation:
    """A backup that holds all that it should."""

    name: Name
    payload: Payload
    address: AddressParameters
    token: Token
    token_data: bytes
    """The token file's bytes as they were."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file whose name is a backup's: a generation, or why it is none."""

    file_name: str
    found: Generation | BackupFileError


def open_file(data: bytes, keys: Iterable[Secret]) -> Payload:
    """With the first of the keys that opens it. Raises BackupFileError; ValueError without any key."""
    refused: BackupFileError | None = None
    for key in keys:
        try:
            return backup_file.read(backup_file.unseal(data, key))
        except backup_file.SealedOtherwiseError as error:
            refused = error
    if refused is None:
        raise ValueError("no key was given")
    raise refused


def validate(name: Name, payload: Payload, network: str) -> Generation:
    """All that must hold before anything local is touched, in Loop's order. Raises PayloadError."""
    _check_envelope(payload, network)
    if name.token_id != payload.l402_token_id:
        raise PayloadError(
            why=f"Its name has another token id than its payload, {payload.l402_token_id[:80]}"
        )
    if name.created_at != payload.l402_token_created_at:
        raise PayloadError(why="Its name has another time than its payload")
    if not payload.token_files:
        raise PayloadError(why="It holds no paid L402 token")
    if payload.static_address is None:
        raise PayloadError(why="It holds no static address")
    data = _token_data(payload)
    return Generation(name, payload, _checked(payload.static_address), _token(payload, data), data)


def survey(files: Mapping[str, Callable[[], bytes]], keys: Iterable[Secret], network: str) -> list[Candidate]:
    """Every file of a folder whose name is a backup's, latest name first; `files` gives their bytes.

    A file that cannot be read is a candidate that is none: a folder is judged whole, whatever lies in it.
    """
    known = list(keys)
    names = {text: name for text in files if (name := Name.parse(text)) is not None}
    found = []
    for text in sorted(names, key=lambda text: names[text], reverse=True):
        try:
            generation = validate(names[text], open_file(files[text](), known), network)
            found.append(Candidate(text, generation))
        except BackupFileError as error:
            found.append(Candidate(text, error))
        except OSError as error:
            why = f"It cannot be read: {error.strerror or type(error).__name__}"
            found.append(Candidate(text, BackupFileError(why=why)))
    return found


def latest(candidates: Iterable[Candidate]) -> Generation | None:
    """The valid one with the latest name, however many later ones are broken or another wallet's."""
    valid = [each.found for each in candidates if isinstance(each.found, Generation)]
    return max(valid, key=lambda generation: generation.name, default=None)


def _check_envelope(payload: Payload, network: str) -> None:
    if payload.version != backup_file.VERSION:
        raise PayloadError(why=f"It is of version {payload.version}, and {backup_file.VERSION} is known")
    if not payload.network:
        raise PayloadError(why="It names no network")
    if not payload.l402_token_id:
        raise PayloadError(why="It names no L402 token")
    if payload.network != network:
        raise PayloadError(why=f"It is of the network {payload.network[:40]}, and the wallet is on {network}")


def _token_data(payload: Payload) -> bytes:
    for file in payload.token_files:
        if file.name != token_file.NAME:
            raise PayloadError(why=f'It holds a file that belongs into no backup, "{file.name[:80]}"')
    if len(payload.token_files) > 1:
        raise PayloadError(why="It holds the paid L402 token twice")
    return payload.token_files[0].data


def _token(payload: Payload, data: bytes) -> Token:
    try:
        token = token_file.parse(data)
        token_id = token.identifier.token_id.hex()
    except (TokenFileError, L402Error) as error:
        raise PayloadError(why=f"Its token cannot be read: {error.parameters['why']}") from error
    if not token.paid:
        raise PayloadError(why="Its L402 token is not paid")
    if token_id != payload.l402_token_id:
        raise PayloadError(why="Its L402 token is another one than it names")
    if token.created_at != payload.l402_token_created_at:
        raise PayloadError(why="Its L402 token was made at another time than it says")
    return token


def _checked(address: AddressParameters) -> AddressParameters:
    if address.protocol_version != PROTOCOL_VERSION:
        raise PayloadError(why=f"Its static address is of an unknown version, {address.protocol_version}")
    if not address.client_pubkey:
        raise PayloadError(why="Its static address lacks the client's key")
    for key, whose in ((address.client_pubkey, "client"), (address.server_pubkey, "server")):
        try:
            require_key(key, whose)
        except StaticAddressError as error:
            raise PayloadError(why=f"The {whose}'s key of its static address is none") from error
    if not 1 <= address.expiry <= MOST_BLOCKS:
        raise PayloadError(why=f"Its static address waits {address.expiry} blocks, which none can")
    if not address.legacy_client_key_family:
        raise PayloadError(why="Its static address lacks the family of the client's key")
    if min(_numbers(address)) < 0:
        raise PayloadError(why="A number of its static address is below zero")
    return address


def _numbers(address: AddressParameters) -> tuple[int, ...]:
    """Those that Loop's format has room for a sign of, though none means anything."""
    return (
        address.legacy_client_key_family,
        address.main_key_family,
        address.change_key_family,
        address.legacy_first_height,
        address.multi_address_first_height,
        address.legacy_client_key_index or 0,
    )
