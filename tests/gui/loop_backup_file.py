"""A Loop backup as Loop itself writes it: without the number of its key, and without a server."""

from pathlib import Path

from tests.unit.wallet.loop_bench import SERVER_KEY, challenge, preimage_of

from pillarbox.accounts.loop_static import REGISTERED, public_nodes
from pillarbox.keys.root import Root
from pillarbox.loop import backup_file, token_file
from pillarbox.loop.backup_file import AddressParameters, Name, Payload, TokenFile
from pillarbox.loop.token_file import Token
from pillarbox.model.network import Network
from pillarbox.wallet import service_keys
from pillarbox.wallet.service_keys import ServiceKey

CREATED = 1_700_000_000_123_456_789
"""Unix nanoseconds."""


def put_loop_backup(folder: Path, root: Root, index: int) -> Path:
    """Of the root's client key of this number, into a folder that is made where it is missing."""
    key = public_nodes(root, Network.REGTEST, strict=False)[REGISTERED.number].child(index).key
    told = AddressParameters(0, key, SERVER_KEY, 144, legacy_first_height=321, multi_address_first_height=654)
    demand = challenge(0, 1_700_000_000)
    identifier = demand.token.identifier
    token = Token(demand.token, identifier[2:34], preimage_of(0), 500_000, 3, CREATED)
    file = TokenFile(token_file.NAME, token_file.serialise(token))
    content = Payload(1, "regtest", identifier[34:].hex(), CREATED, told, (file,))
    sealing = service_keys.derive_loop_backup(root.bip32, Network.REGTEST)[ServiceKey.LOOP_BACKUP]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / str(Name(content.l402_token_created_at, content.l402_token_id))
    path.write_bytes(backup_file.seal(backup_file.write(content), sealing, bytes(24)))
    return path
