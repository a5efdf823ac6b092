"""Chains of other coins, each from its own first block on."""

from hashlib import sha256

from .synthetic_chain import Block, SyntheticChain

_EMPTY = bytes(32).hex()
_LITECOIN = "d9ced4ed1130f7b7faad9be25323ffafa33232a17c3edf6cfd97bee6bafbdd97"
_DOGECOIN = "696ad20e2dd4365c7459b4a4a5af743d5e92c6da3229e6532cd605f6533f2a5b"
_DASH = "c762a6567f3cc092f0684bb62b7e00a84890b990f07cc71a6bb58d64b98e02e0"

FIRST_HEADERS = {
    name: bytes.fromhex(f"01000000{_EMPTY}{root}{rest}")
    for name, root, rest in (
        ("dash/mainnet", _DASH, "022ddb52f0ff0f1ec23fb901"),
        ("dash/testnet", _DASH, "dee1e352f0ff0f1ec3c927e6"),
        ("dash/regtest", _DASH, "b9968054ffff7f20ffba1000"),
        ("litecoin/mainnet", _LITECOIN, "b9aa8e4ef0ff0f1ecd513f7c"),
        ("litecoin/testnet", _LITECOIN, "f60ba158f0ff0f1ee1790400"),
        ("litecoin/regtest", _LITECOIN, "dae5494dffff7f2000000000"),
        ("dogecoin/mainnet", _DOGECOIN, "24a6a152f0ff0f1e67860100"),
        ("dogecoin/testnet", _DOGECOIN, "b9a7f052f0ff0f1ef7390f00"),
        ("dogecoin/regtest", _DOGECOIN, "dae5494dffff7f2002000000"),
    )
}
"""By `Chain.name`: root, time, bits and nonce as each coin's reference software has them."""


def chain_from(name: str) -> SyntheticChain:
    """The first block of a chain by its `Chain.name`, and nine more.

    Dash's blocks are linked by a stand-in for X11, Dogecoin's shown with the proof of another chain's block.
    """
    chain = SyntheticChain([Block(FIRST_HEADERS[name])])
    if name.startswith("dash/"):
        chain.block_id = lambda header: sha256(header).digest()
    chain.mine(9)
    if name.startswith("dogecoin/"):
        chain.tail = b"\x01" * 200
    return chain
