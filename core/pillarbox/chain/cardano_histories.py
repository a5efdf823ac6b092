"""From Cardano addresses to what paid them, in the words of one indexer."""

import asyncio
from collections.abc import Callable, Sequence

from pillarbox.chain.cardano_errors import (
    IndexerError,
    IndexerFailedError,
    IndexerNonsenseError,
    IndexerUnreachableError,
    QuestionRefusedError,
)
from pillarbox.chain.cardano_link import GoneError, IndexerLink
from pillarbox.chain.cardano_protocol import COUNT, Part
from pillarbox.model.payment import ScriptHistory, Sighting

AT_ONCE = 20
"""Addresses looked up together."""

MOST_PAGES = 100
"""Of one address: 10,000 transactions."""

_ATTEMPTS = 3

_PERHAPS_OF_ONE = (IndexerFailedError, IndexerUnreachableError)
"""What an indexer may do about one address alone, again and again, while it answers all else."""


class _MovedError(Exception):
    """The history changed while it was read."""


class CardanoHistories:
    """Looks addresses up. Remembers what each transaction has to do with each: that never changes."""

    def __init__(self, text_of: Callable[[bytes], str]) -> None:
        self._text_of = text_of
        self._parts: dict[bytes, dict[str, Part]] = {}

    async def look_up(self, link: IndexerLink, keys: Sequence[bytes]) -> list[ScriptHistory]:
        """The histories of up to AT_ONCE addresses, in order.

        What is wrong with one address alone makes it refused. Raises IndexerError for all else.
        """
        answers = await asyncio.gather(*(self._look_up(link, key) for key in keys))
        errors = [answer for answer in answers if isinstance(answer, IndexerError)]
        for error in errors:
            if not isinstance(error, _PERHAPS_OF_ONE):
                raise error
        if errors:
            await link.tip()  # raises where it is the indexer that fails, whatever it is asked
        return [
            _refused(key, _reason(answer)) if isinstance(answer, IndexerError) else answer
            for key, answer in zip(keys, answers, strict=True)
        ]

    async def _look_up(self, link: IndexerLink, key: bytes) -> ScriptHistory | IndexerError:
        """An error is returned, so that the others' answers are read before it is raised."""
        try:
            for _ in range(_ATTEMPTS):
                try:
                    return await self._history(link, key)
                except _MovedError:
                    continue
        except (QuestionRefusedError, IndexerNonsenseError) as error:
            return _refused(key, _reason(error))
        except IndexerError as error:
            return error
        return _refused(key, "its history keeps changing while it is read")

    async def _history(self, link: IndexerLink, key: bytes) -> ScriptHistory:
        address = self._text_of(key)
        listed = await _listed(link, address)
        known = self._parts.get(key, {})
        parts: dict[str, Part] = {}
        for txid in listed:
            try:
                parts[txid] = known[txid] if txid in known else await link.part(txid, address)
            except GoneError:
                raise _MovedError from None
            # Kept at once: a long history goes on where trouble with the server stopped it.
            self._parts.setdefault(key, {})[txid] = parts[txid]
        self._parts[key] = parts
        sightings = tuple(
            Sighting(key, txid, output, amount, listed[txid], proven=listed[txid] > 0)
            for txid, part in parts.items()
            for output, amount in part.outputs
        )
        spends = tuple(txid for txid, part in parts.items() if part.spends)
        return ScriptHistory(key, bool(listed), sightings, spends=spends)


async def _listed(link: IndexerLink, address: str) -> dict[str, int]:
    """The height of each transaction of an address, oldest first; none for an address never seen.

    Raises _MovedError where pages may have shifted between two questions: one page is always whole, several
    are if they are of one and the same tip. Raises IndexerError.
    """
    try:
        rows = await link.page(address, 1)
    except GoneError:
        return {}
    listed = {row.txid: row.height for row in rows}
    if len(rows) < COUNT:
        return listed
    before = await link.tip()
    listed = {}
    page = 0
    while page == 0 or len(rows) == COUNT:
        page += 1
        if page > MOST_PAGES:
            reason = f"it lists more than {MOST_PAGES * COUNT} transactions, too many to read"
            raise QuestionRefusedError(server=str(link.address), reason=reason)
        try:
            rows = await link.page(address, page)
        except GoneError:
            raise _MovedError from None
        fresh = {row.txid: row.height for row in rows}
        if rows and fresh.keys() <= listed.keys():
            raise IndexerNonsenseError(server=str(link.address), reason="it shows the same page again")
        if len(fresh) < len(rows) or not fresh.keys().isdisjoint(listed):
            raise _MovedError
        listed |= fresh
    if await link.tip() != before:
        raise _MovedError
    return listed


def _reason(error: IndexerError) -> str:
    if isinstance(error, IndexerFailedError):
        return f"it answers with the error {error.parameters['status']} of its own"
    return str(error.parameters["reason"])


def _refused(key: bytes, reason: str) -> ScriptHistory:
    return ScriptHistory(key, False, (), reason)
