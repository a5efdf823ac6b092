"""Files of Loop's backups, as another program would have left them."""

from pathlib import Path

from loop_bench import SERVER_KEY, challenge, preimage_of
from wallet_bench import ROOT

from pillarbox.accounts.loop_static import REGISTERED, public_nodes
from pillarbox.keys.root import Root
from pillarbox.loop import backup_file, token_file
from pillarbox.loop.backup_file import AddressParameters, Name, Payload, TokenFile
from pillarbox.loop.token_file import Token
from pillarbox.model.network import Network
from pillarbox.wallet import service_keys
from pillarbox.wallet.loop_files import own_folder
from pillarbox.wallet.service_keys import ServiceKey

CREATED = 1_700_000_000_123_456_789


def address(index: int = 0) -> AddressParameters:
    """As Loop itself writes it: without the key's index, and without a server."""
    key = public_nodes(ROOT, Network.REGTEST, strict=False)[REGISTERED.number].child(index).key
    return AddressParameters(0, key, SERVER_KEY, 144, legacy_first_height=321, multi_address_first_height=654)


def payload(number: int = 0, created: int = CREATED, of: AddressParameters | None = None) -> Payload:
    demand = challenge(number, 1_700_000_000)
    identifier = demand.token.identifier
    token = Token(demand.token, identifier[2:34], preimage_of(number), 500_000, 3, created)
    file = TokenFile(token_file.NAME, token_file.serialise(token))
    return Payload(1, "regtest", identifier[34:].hex(), created, of or address(), (file,))


def own(folder: Path, root: Root = ROOT) -> Path:
    """Where the wallet of `root` puts its files within a backup folder."""
    key = service_keys.derive_all(root.seed, Network.REGTEST)[ServiceKey.LOOP_BACKUP]
    return folder / own_folder(key, Network.REGTEST)


def put(
    folder: Path, content: Payload, root: Root = ROOT, purpose: ServiceKey = ServiceKey.LOOP_BACKUP
) -> Path:
    key = service_keys.derive_all(root.seed, Network.REGTEST)[purpose]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / str(Name(content.l402_token_created_at, content.l402_token_id))
    path.write_bytes(backup_file.seal(backup_file.write(content), key, bytes(24)))
    return path
