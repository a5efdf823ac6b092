"""lnd's keys, m/1017'/coin'/family'/0/index, as lnd derives them and as BIP32 says.

lnd's library takes a private key without its leading zero bytes, aligned to the left, where it derives a
hardened child of a node that was itself derived in memory. Of lnd's path only the coin's key can differ by
that, for one seed in 256: the account's parent was read back from its text form. Both are tried on a restore.
"""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager

from coincurve import PrivateKey, PublicKey

from pillarbox.bitcoin import base58
from pillarbox.bitcoin.base58 import Base58Error
from pillarbox.errors import InvalidInputError
from pillarbox.keys import aezeed
from pillarbox.keys.bip32 import HARDENED, InvalidChildError, PrivateNode, hardened
from pillarbox.secret import Secret

PURPOSE = 1017
_ROOT_VERSIONS = (bytes.fromhex("0488ade4"), bytes.fromhex("04358394"))
"""xprv and tprv, which also stands for lnd's other test networks."""
_ROOT_PLACE = bytes(1 + 4 + 4)
"""Depth, parent's fingerprint and child number of a root."""
SHARED_POINT = bytes.fromhex("0215b5a3e0ef58b101431e1e513dd017d1018b420bd2e89dcd71f45c031f00469e")
"""The point that a key is shared with to encrypt something for oneself: nobody knows its private key."""


def root_of_words(words: Secret, passphrase: Secret | None = None) -> PrivateNode:
    """The root of lnd's recovery words; slow by design. Raises what `aezeed.read` does."""
    with aezeed.read(words, passphrase) as seed:
        return root_of_entropy(seed.entropy)


def root_of_entropy(entropy: Secret) -> PrivateNode:
    """The root of what lnd's recovery words hold, 16 bytes. Raises InvalidInputError."""
    if len(entropy) != aezeed.ENTROPY_SIZE:
        raise InvalidInputError(what="entropy", why="lnd's recovery words hold 16 bytes.")
    return PrivateNode.from_seed(entropy)


def root_of_key(text: Secret) -> PrivateNode:
    """The root written as xprv or tprv (BIP32). Raises InvalidInputError, which repeats nothing of it."""
    try:
        data = base58.decode_check(text.text().strip())
    except (Base58Error, UnicodeDecodeError):
        raise InvalidInputError(what="root key", why="Its checksum does not match.") from None
    if len(data) != 78 or data[:4] not in _ROOT_VERSIONS:
        raise InvalidInputError(what="root key", why="It is no extended private key (xprv or tprv).")
    if data[4:13] != _ROOT_PLACE:
        raise InvalidInputError(what="root key", why="It is a key below the root.")
    key = data[46:]
    try:
        PublicKey.from_secret(key)
    except ValueError:
        key = b""
    if data[45] or not key:
        raise InvalidInputError(what="root key", why="It holds no private key.")
    return PrivateNode(Secret(key), Secret(data[13:45]))


def root_of_text(text: Secret, passphrase: Secret | None = None) -> PrivateNode:
    """The root of whatever lnd's users have: recovery words, what they hold (32 hex digits), or a root key.

    Raises what these are refused for; nothing of the text is in any error.
    """
    plain = text.text().strip()
    if len(plain.split()) > 1:
        return root_of_words(text, passphrase)
    if len(plain) == 2 * aezeed.ENTROPY_SIZE and not plain.lower().strip("0123456789abcdef"):
        with Secret(bytes.fromhex(plain)) as entropy:
            return root_of_entropy(entropy)
    return root_of_key(text)


@contextmanager
def family(root: Secret | PrivateNode, coin: int, number: int, *, strict: bool) -> Iterator[PrivateNode]:
    """The node m/1017'/coin'/number'/0, above the indices of a key family; wiped at the end.

    `root`: a BIP32 seed or the root node, which stays the caller's. `strict`: as BIP32 says; else as lnd
    does. Raises InvalidInputError for a seed outside 16 to 64 bytes.
    """
    whole = PrivateNode.from_seed(root) if isinstance(root, Secret) else root.descendant(())
    with whole as master, master.child(hardened(PURPOSE)) as purpose:
        coin_node = purpose.child(hardened(coin)) if strict else _as_lnd(purpose, hardened(coin))
        with coin_node, coin_node.descendant((hardened(number), 0)) as made:
            yield made


def public_key(root: Secret | PrivateNode, coin: int, number: int, index: int, *, strict: bool) -> bytes:
    """The compressed public key of a family and an index."""
    with family(root, coin, number, strict=strict) as node, node.child(index) as child:
        return child.public().key


def shared_key(private: Secret) -> Secret:
    """The key, 32 bytes, that lnd's `DeriveSharedKey` gives for SHARED_POINT and a private key."""
    point = PublicKey(SHARED_POINT).multiply(private.reveal())
    return Secret(hashlib.sha256(point.format()).digest())


def _as_lnd(parent: PrivateNode, number: int) -> PrivateNode:
    """The hardened child, of a key without its leading zero bytes. Raises InvalidChildError."""
    if not number & HARDENED:
        raise ValueError("lnd differs in hardened children alone")
    with parent.key() as key, parent.chain_code() as chain_code:
        trimmed = key.reveal().lstrip(b"\0").ljust(32, b"\0")
        tag = hmac.digest(chain_code.reveal(), b"\0" + trimmed + number.to_bytes(4, "big"), "sha512")
        try:
            child = PrivateKey(key.reveal()).add(tag[:32]).secret
        except ValueError:
            raise InvalidChildError(number) from None
    return PrivateNode(Secret(child), Secret(tag[32:]))
