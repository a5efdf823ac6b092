"""Headers of coins whose proof of work Pillarbox does not know: what the server in use shows, and no more.

docs/decisions/headers-of-other-coins.md says what they are good for.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from pillarbox.bitcoin.hashes import sha256d
from pillarbox.bitcoin.headers import Flaw, Header, HeaderError
from pillarbox.chain import electrum_protocol as protocol
from pillarbox.chain.chain_rules import ChainRules
from pillarbox.chain.electrum_errors import FalseHeaderError
from pillarbox.chain.electrum_protocol import AnnouncedTip
from pillarbox.chain.electrum_server import ElectrumServer
from pillarbox.chain.headers import HeadersChange

RECENT = 12
"""Headers fetched with a tip, so that a server that lags by a few blocks is not taken for another chain."""

LAG = 6
"""Blocks that a server may lack of what another one showed, and nothing is taken back."""

_ATTEMPTS = 3


class ShownHeaders:
    """Keeps, in memory, those that were asked for and those of the latest blocks.

    Another block than before at a height means that it was replaced, with all that follow.
    """

    def __init__(self, rules: ChainRules) -> None:
        self.rules = rules
        self.shared_height = -1
        """Up to here the server that was followed last shows what was seen before."""
        self._kept: dict[int, bytes] = {}
        self._height: int | None = None
        self._replaced = 0
        """How often blocks were."""
        self._receivers: list[Callable[[HeadersChange], None]] = []

    @property
    def height(self) -> int | None:
        """Of the last block; None while there is none."""
        return self._height

    def on_change(self, receive: Callable[[HeadersChange], None]) -> Callable[[], None]:
        """Call `receive` with every change, until told to end by what is returned."""
        self._receivers.append(receive)

        def end() -> None:
            if receive in self._receivers:
                self._receivers.remove(receive)

        return end

    async def load(self) -> None:
        """Nothing is kept on disk: what nobody can judge is asked for anew."""

    async def follow(self, server: ElectrumServer) -> None:
        """Take `server`'s tip, and give up what it shows otherwise than before. Raises ElectrumError."""
        for left in reversed(range(_ATTEMPTS)):
            tip = server.tip
            try:
                await self._follow(server, tip)
            except HeaderError as error:
                (server.tip,) = await server.ask([protocol.follow_headers(self.rules.form.read_header)])
                if server.tip == tip or not left:
                    raise FalseHeaderError(
                        server=str(server.address), height=error.height, reason=error.flaw.value
                    ) from error
            else:
                return

    async def _follow(self, server: ElectrumServer, tip: AnnouncedTip) -> None:
        replaced_from = await self._replaced_from(server, tip)
        if replaced_from is None and self._height is not None and tip.height <= self._height:
            if tip.height < self._height - LAG:
                self._go_back(tip.height)
            self.shared_height = tip.height
            return
        below = tip.height if replaced_from is None else replaced_from
        top = max((height for height in self._kept if height < below), default=-1)
        first = max(top + 1, tip.height - RECENT + 1, 0)
        new = [*await self._fetch(server, range(first, tip.height)), tip.header]
        before = [self._kept[top]] if first == top + 1 and top >= 0 else []
        self._require_links([*before, *new], first - len(before))
        if replaced_from is not None:
            self._replaced += 1
            self._kept = {height: raw for height, raw in self._kept.items() if height < replaced_from}
        self._kept.update(enumerate(new, first))
        self._height = self.shared_height = tip.height
        for receive in tuple(self._receivers):
            receive(HeadersChange(tip.height, replaced_from))

    def _go_back(self, height: int) -> None:
        """The blocks above are another server's word alone, and its height could be made up."""
        self._height = height
        self._replaced += 1
        self._kept = {kept: raw for kept, raw in self._kept.items() if kept <= height}
        for receive in tuple(self._receivers):
            receive(HeadersChange(height, height + 1))

    async def _replaced_from(self, server: ElectrumServer, tip: AnnouncedTip) -> int | None:
        """The lowest block kept that is another one on the server; None where there is none."""
        found: int | None = None
        heights = sorted((height for height in self._kept if height <= tip.height), reverse=True)
        at, span = 0, 1
        while part := heights[at : at + span]:
            shown = dict(zip(part, await self._shown(server, tip, part), strict=True))
            for height in part:
                if shown[height] == self._kept[height]:
                    return found
                found = height
            at, span = at + span, min(span * 8, 1_000)
        return found

    async def _shown(self, server: ElectrumServer, tip: AnnouncedTip, heights: Sequence[int]) -> list[bytes]:
        """The server's headers. The one that the tip itself names need not be asked for."""
        below = [tip.height - 1]
        named = self.rules.form.linked and heights == below and below[0] in self._kept
        if named and Header.parse(tip.header).previous == sha256d(self._kept[below[0]]):
            return [self._kept[below[0]]]
        if heights == [tip.height]:
            return [tip.header]
        return await self._fetch(server, heights)

    async def _fetch(self, server: ElectrumServer, heights: Iterable[int]) -> list[bytes]:
        read = self.rules.form.read_header
        return await server.ask([protocol.header(height, read) for height in heights])

    def _require_links(self, headers: Sequence[bytes], first: int) -> None:
        """Raises HeaderError for one of these, from height `first` on, that does not follow its neighbour."""
        if not self.rules.form.linked:
            return
        for height, (before, raw) in enumerate(pairwise(headers), first + 1):
            if Header.parse(raw).previous != sha256d(before):
                raise HeaderError(Flaw.LINK, height)

    async def recall(self, server: ElectrumServer, heights: Iterable[int]) -> None:
        """Have what `holds` is asked for at hand. Raises ElectrumError."""
        await self.headers_at(server, heights)

    def holds(self, height: int, block: bytes) -> bool:
        """Whether the block of this hash, once proven at this height, is still part of the chain.

        Only known of heights whose headers were asked for.
        """
        return height in self._kept and sha256d(self._kept[height]) == block

    async def headers_at(self, server: ElectrumServer, heights: Iterable[int]) -> dict[int, Header]:
        """The headers at `heights`; those that the server does not have yet are left out.

        Raises ElectrumError.
        """
        wanted = set(heights)
        while missing := sorted(
            height for height in wanted if height <= self.shared_height and height not in self._kept
        ):
            replaced = self._replaced
            found = await self._fetch(server, missing)
            if replaced == self._replaced:
                self._kept.update(zip(missing, found, strict=True))
        return {height: Header.parse(self._kept[height]) for height in wanted if height in self._kept}
