"""A generation of Loop: a paid token and the static address bound to it, as the wallet keeps them."""

from dataclasses import dataclass

from pillarbox.accounts.loop_static import StaticAccount
from pillarbox.loop import backup_file, token_file
from pillarbox.loop.backup_file import LEGACY_FAMILY, AddressParameters, Name, Payload, TokenFile
from pillarbox.loop.static_address import PROTOCOL_VERSION
from pillarbox.model.account import Account, AccountId
from pillarbox.storage import accounts, l402_tokens, static_addresses
from pillarbox.storage.database import Tx
from pillarbox.storage.l402_tokens import StoredToken, TokenState


@dataclass(frozen=True, slots=True)
class KeptGeneration:
    account: Account
    static: StaticAccount
    token: StoredToken

    @property
    def name(self) -> Name:
        """Of its backup."""
        return Name(self.token.created_at, self.token.token_id.hex())

    @property
    def payload(self) -> Payload:
        """Of its backup: the same at any time."""
        static = self.static
        return Payload(
            version=backup_file.VERSION,
            network=static.network.value,
            l402_token_id=self.token.token_id.hex(),
            l402_token_created_at=self.token.created_at,
            static_address=AddressParameters(
                PROTOCOL_VERSION,
                static.client_key,
                static.server_key,
                static.expiry,
                legacy_client_key_family=LEGACY_FAMILY,
                legacy_first_height=static.first_height,
                multi_address_first_height=static.multi_address_first_height,
                legacy_client_key_index=static.client_key_index,
                server=static.server,
            ),
            token_files=(TokenFile(token_file.NAME, self.token.data),),
        )


@dataclass(frozen=True, slots=True)
class KeptStatic:
    """An account of static addresses. Without a token where the backup it came from had none to take."""

    account: Account
    static: StaticAccount
    token: StoredToken | None


def kept(tx: Tx) -> list[KeptGeneration]:
    """Every one, in the order they came to the wallet."""
    return [
        KeptGeneration(each.account, each.static, each.token)
        for each in every_static(tx)
        if each.token is not None
    ]


def every_static(tx: Tx) -> list[KeptStatic]:
    """In the order they came to the wallet."""
    by_id = {account.id: account for account in accounts.all_accounts(tx)}
    found = []
    for account_id, token_id in static_addresses.bound(tx):
        account = by_id[account_id]
        static = StaticAccount.read(account.params, account.network)
        found.append(KeptStatic(account, static, l402_tokens.by_id(tx, token_id)))
    return found


def static_of(tx: Tx, account: AccountId) -> StaticAccount:
    """What is kept of an account of this kind."""
    return next(each.static for each in every_static(tx) if each.account.id == account)


def is_empty(tx: Tx) -> bool:
    """Whether the wallet has no token, pending ones included: a static address without one needs it back."""
    return all(each.state is TokenState.DISCARDED for each in l402_tokens.all_tokens(tx))
