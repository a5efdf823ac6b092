"""What the Blockfrost-compatible interface (version 0) answers, read strictly into own nouns.

Every function takes the parsed JSON and raises ShapeError for anything that its answer cannot be.
"""

import re
from typing import Any, NamedTuple

COUNT = 100
"""Rows of a full page, the most that the interface gives."""

MOST_LOVELACE = 45_000_000_000_000_000
"""All there will ever be."""

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_QUANTITY = re.compile(r"[0-9]{1,17}", re.ASCII)
_HIGHEST = 0x7FFF_FFFF
_LATEST = 0xFFFF_FFFF
"""Unix seconds."""


class ShapeError(Exception):
    """The answer is none to the question; the message says why, in a few words."""


class Tip(NamedTuple):
    """The newest block that the indexer knows."""

    hash: str
    height: int
    time: int
    """Of its making, Unix seconds."""


class Listed(NamedTuple):
    """A transaction in the history of an address."""

    txid: str
    height: int


class Part(NamedTuple):
    """What a transaction has to do with an address."""

    outputs: tuple[tuple[int, int], ...]
    """Those that pay it: number and lovelace."""
    spends: bool
    """Whether it spends what paid the address."""


def read_magic(answer: Any) -> int:
    """The network's number, of GET /genesis."""
    return _number(_member(answer, "network_magic"), "network_magic", 0xFFFF_FFFF)


def read_tip(answer: Any) -> Tip:
    """Of GET /blocks/latest."""
    height = _member(answer, "height")
    return Tip(
        _hash(_member(answer, "hash"), "hash"),
        0 if height is None else _number(height, "height", _HIGHEST),
        _number(_member(answer, "time"), "time", _LATEST),
    )


def read_page(answer: Any) -> list[Listed]:
    """Of GET /addresses/{address}/transactions."""
    rows = _rows(answer, "the page")
    if len(rows) > COUNT:
        raise ShapeError(f"a page has {len(rows)} rows, {COUNT} were asked for")
    return [
        Listed(
            _hash(_member(row, "tx_hash"), "tx_hash"),
            _number(_member(row, "block_height"), "block_height", _HIGHEST),
        )
        for row in rows
    ]


def read_part(answer: Any, txid: str, address: str) -> Part:
    """Of GET /txs/{hash}/utxos: what the transaction `txid` has to do with `address`.

    An output marked as collateral exists only once a script failed, and is listed without the mark then; an
    input that is collateral or only referred to is not spent.
    """
    if _hash(_member(answer, "hash"), "hash") != txid:
        raise ShapeError("it is about another transaction than the one asked for")
    paying: dict[int, int] = {}
    for row in _rows(_member(answer, "outputs"), "outputs"):
        if _member(row, "address") != address or _flag(row, "collateral"):
            continue
        output = _number(_member(row, "output_index"), "output_index", _HIGHEST)
        if output in paying:
            raise ShapeError(f"output {output} is listed twice")
        paying[output] = _lovelace(_member(row, "amount"))
    inputs = _rows(_member(answer, "inputs"), "inputs")
    spends = any(
        _member(row, "address") == address and not _flag(row, "collateral") and not _flag(row, "reference")
        for row in inputs
    )
    return Part(tuple(sorted(paying.items())), spends)


def _lovelace(amount: Any) -> int:
    found = [
        _member(row, "quantity") for row in _rows(amount, "amount") if _member(row, "unit") == "lovelace"
    ]
    if len(found) != 1 or not isinstance(found[0], str) or not _QUANTITY.fullmatch(found[0]):
        raise ShapeError("an output has no readable amount of lovelace")
    if (lovelace := int(found[0])) > MOST_LOVELACE:
        raise ShapeError("an output has more lovelace than there are")
    return lovelace


def _member(answer: Any, name: str) -> Any:
    if not isinstance(answer, dict) or name not in answer:
        raise ShapeError(f"{name} is missing")
    return answer[name]


def _rows(answer: Any, name: str) -> list[Any]:
    if not isinstance(answer, list):
        raise ShapeError(f"{name} is no list")
    return answer


def _flag(row: Any, name: str) -> bool:
    """Older indexers leave out what is not so."""
    return row.get(name) is True


def _number(value: Any, name: str, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ShapeError(f"{name} is no number that it could be")
    return value


def _hash(value: Any, name: str) -> str:
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise ShapeError(f"{name} is no hash")
    return value
