"""A standing question about many scripts, kept up over whatever servers there are."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Self

from pillarbox.chain import electrum_protocol as protocol
from pillarbox.chain.electrum_errors import ConnectionClosedError, ElectrumError, NoServerError
from pillarbox.chain.electrum_server import ElectrumServer
from pillarbox.chain.electrum_servers import ElectrumServers
from pillarbox.chain.headers import HeadersChange
from pillarbox.chain.json_lines import Refusal
from pillarbox.chain.script_histories import AT_ONCE, ScriptHistories, refused_script
from pillarbox.chain.server_address import ServerAddress
from pillarbox.model.payment import ScriptHistory, Sighting

log = logging.getLogger(__name__)

SUBSCRIBED_AT_ONCE = 1_000
BATCH = 2_000
"""Histories given in one go."""


class _Never(Enum):
    """In place of a status where there was none yet."""

    NEVER = "never"


@dataclass(slots=True)
class _Script:
    """A script under watch."""

    script: bytes
    state: ScriptHistory | None = None
    """The latest, told or about to be; None before the first."""
    status: str | None = None
    """The last one a server gave."""
    looked_up: str | _Never | None = _Never.NEVER
    """The status for which `state` was looked up."""

    @property
    def settled(self) -> bool:
        """Whether there is nothing more to prove about it."""
        return self.state is None or all(each.proven or not each.height for each in self.state.sightings)


class ElectrumWatch:
    """The Watch of ElectrumUsage. All its work is done in the task that iterates it, a step at a time."""

    def __init__(self, servers: ElectrumServers, histories: ScriptHistories) -> None:
        self._servers = servers
        self._histories = histories
        self._added: deque[bytes] = deque()
        """What came by `add` and was not looked at yet."""
        self._scripts: dict[str, _Script] = {}
        """By script hash."""
        self._unasked: dict[str, None] = {}
        """Script hashes, in order, that the server does not follow for us yet."""
        self._stale: dict[str, None] = {}
        """Those whose history has to be looked up."""
        self._refused: dict[str, None] = {}
        """Those that the server would not answer for. The next block, or another server, may change that."""
        self._refused_by: dict[str, set[ServerAddress]] = {}
        """By script hash, the servers that ever would not."""
        self._paid: set[str] = set()
        """Those that ever had sightings, which blocks may prove or take back."""
        self._news: dict[str, None] = {}
        """Those whose state is to be told."""
        self._headers_changed = 0
        self._blocks_replaced = 0
        """How often, so that whoever waited for a server sees that it was so meanwhile."""
        self._server: ElectrumServer | None = None
        self._wake = asyncio.Event()
        self._step: asyncio.Future[bool] | None = None
        self._closed = False
        self._end_notes: Callable[[], None] = _nothing
        self._end_states = servers.on_change(lambda _: self._wake.set())
        self._end_headers = servers.headers.on_change(self._on_headers)

    def add(self, scripts: Iterable[bytes], seen: Iterable[Sighting] = ()) -> None:
        """Watch these output scripts too. `seen` is what an earlier run was told of them."""
        if not self._closed:
            self._histories.trust(seen)
            self._added.extend(scripts)
            self._wake.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[ScriptHistory]:
        if self._closed:
            raise StopAsyncIteration
        self._step = asyncio.ensure_future(self._find_news())
        try:
            await asyncio.wait({self._step})
        finally:
            self._step.cancel()
        if self._step.cancelled() or not self._step.result():
            raise StopAsyncIteration
        names = list(islice(self._news, BATCH))
        for name in names:
            del self._news[name]
        return [state for name in names if (state := self._scripts[name].state) is not None]

    async def aclose(self) -> None:
        """Forget the scripts and end the iteration. May be called again."""
        self._closed = True
        self._end_notes()
        self._end_states()
        self._end_headers()
        if self._step is not None and not self._step.done():
            self._step.cancel()
            await asyncio.wait({self._step})
        for names in (self._scripts, self._unasked, self._stale, self._refused, self._paid, self._news):
            names.clear()
        self._added.clear()
        self._refused_by.clear()

    async def _find_news(self) -> bool:
        """Return once there is something in `_news`; False when there will never be any more."""
        while not self._news:
            try:
                server = await self._servers.server()
                await self._advance(server)
            except NoServerError:
                await self._servers.changed()
            except ConnectionClosedError:
                return False
            except ElectrumError as error:
                server.lose(error)
        return True

    async def _advance(self, server: ElectrumServer) -> None:
        """Do the most urgent thing, or wait until there is one."""
        if server is not self._server:
            self._adopt(server)
        self._wake.clear()
        if self._stale:
            await self._look_up(server)
        elif self._unasked:
            await self._subscribe(server)
        elif self._added:
            self._take_added()
        else:
            await self._wake.wait()

    def _adopt(self, server: ElectrumServer) -> None:
        """A new connection: the server there follows none of the scripts yet."""
        self._end_notes()
        self._end_notes = server.on_script(self._on_status)
        self._server = server
        self._unasked = dict.fromkeys(self._scripts)
        self._refused.clear()

    def _take_added(self) -> None:
        for _ in range(min(len(self._added), SUBSCRIBED_AT_ONCE)):
            script = self._added.popleft()
            name = protocol.script_hash(script)
            if name not in self._scripts:
                self._scripts[name] = _Script(script)
                self._unasked[name] = None

    async def _subscribe(self, server: ElectrumServer) -> None:
        names = list(islice(self._unasked, SUBSCRIBED_AT_ONCE))
        answers = await server.ask_each([protocol.follow_script(name) for name in names])
        for name, answer in zip(names, answers, strict=True):
            self._unasked.pop(name, None)
            if isinstance(answer, Refusal):
                self._refuse(server, name, answer)
            else:
                self._on_status(name, answer)

    def _on_status(self, name: str, status: str | None) -> None:
        watched = self._scripts.get(name)
        if watched is None:
            return
        watched.status = status
        unknown = watched.state is None or bool(watched.state.refused)
        if status is None and unknown and not self._histories.remembers(watched.script):
            self._learn(name, None, ScriptHistory(watched.script, False, ()))
        elif status != watched.looked_up or not watched.settled:
            self._stale[name] = None
        self._wake.set()

    def _learn(self, name: str, status: str | None, state: ScriptHistory) -> None:
        """Take the state of a script at a status, and tell it if it is another than before."""
        watched = self._scripts[name]
        watched.looked_up = status
        before, watched.state = watched.state, state
        if state.sightings:
            self._paid.add(name)
        if state != before:
            self._news[name] = None

    def _refuse(self, server: ElectrumServer, name: str, refusal: Refusal) -> None:
        """Ask another server where there is one that was not asked yet.

        Else ask again later, and tell that it is unknown, unless something was told of it before.
        """
        watched = self._scripts[name]
        refused_by = self._refused_by.setdefault(name, set())
        if self._servers.leave(server, refused_by, refused_script(server, watched.script, refusal)):
            return
        if not self._refused:  # the first of perhaps thousands
            log.warning("%s does not tell of every script: %s", server.address, refusal.message)
        self._refused[name] = None
        if watched.state is None:
            reason = refusal.message or "no reason given"
            watched.state = ScriptHistory(watched.script, touched=False, sightings=(), refused=reason)
            self._news[name] = None

    def _on_headers(self, change: HeadersChange) -> None:
        """A new block may prove what no block proved before; a replaced one proves nothing any more."""
        first = change.replaced_from
        self._headers_changed += 1
        self._blocks_replaced += first is not None
        for name in self._paid:
            watched = self._scripts[name]
            sightings = watched.state.sightings if watched.state else ()
            shaken = first is not None and any(each.height >= first for each in sightings)
            if shaken or not watched.settled:
                self._stale[name] = None
        self._unasked.update(self._refused)
        self._refused.clear()
        self._wake.set()

    async def _look_up(self, server: ElectrumServer) -> None:
        names = list(islice(self._stale, AT_ONCE))
        for name in names:
            del self._stale[name]
        asked = [self._scripts[name] for name in names]
        statuses = [watched.status for watched in asked]
        changed, replaced = self._headers_changed, self._blocks_replaced
        try:
            answers = await self._histories.look_up(server, [watched.script for watched in asked])
        except BaseException:
            self._stale.update(dict.fromkeys(names))
            raise
        for name, watched, status, answer in zip(names, asked, statuses, answers, strict=True):
            if isinstance(answer, Refusal):
                self._refuse(server, name, answer)
                continue
            self._learn(name, status, answer)
            overtaken = replaced != self._blocks_replaced or (
                changed != self._headers_changed and not watched.settled
            )
            if overtaken or watched.status != status:
                self._stale[name] = None


def _nothing() -> None:
    """There are no notes to end before the first connection."""
