"""Histories of output scripts, from Electrum servers, proven."""

from collections.abc import Sequence
from itertools import islice

from pillarbox.chain.electrum_errors import ElectrumError
from pillarbox.chain.electrum_servers import ElectrumServers
from pillarbox.chain.electrum_watch import ElectrumWatch
from pillarbox.chain.json_lines import Refusal
from pillarbox.chain.script_histories import AT_ONCE, ScriptHistories, refused_script
from pillarbox.chain.server_address import ServerAddress
from pillarbox.chain.usage import Watch
from pillarbox.model.payment import ScriptHistory


class ElectrumUsage:
    """A UsageSource over the servers of one chain."""

    def __init__(self, servers: ElectrumServers) -> None:
        self._servers = servers
        self._histories = ScriptHistories(servers.headers)

    async def history(self, scripts: Sequence[bytes]) -> Sequence[ScriptHistory]:
        """All that is known of each script now, in the order asked.

        Goes to the next server where one fails, or will not look a script up, and keeps what the one before
        has told; a script that none will look up is told as refused. Raises NoServerError or
        ConnectionClosedError.
        """
        found: dict[bytes, ScriptHistory] = {}
        refused_by: dict[bytes, set[ServerAddress]] = {}
        left = dict.fromkeys(scripts)
        while left:
            server = await self._servers.server()
            part = list(islice(left, AT_ONCE))
            try:
                answers = await self._histories.look_up(server, part)
            except ElectrumError as error:
                server.lose(error)
                continue
            for script, answer in zip(part, answers, strict=True):
                if not isinstance(answer, Refusal):
                    found[script] = answer
                elif self._servers.leave(
                    server, refused_by.setdefault(script, set()), refused_script(server, script, answer)
                ):
                    continue
                else:
                    found[script] = ScriptHistory(script, False, (), answer.message or "no reason given")
                del left[script]
        return [found[script] for script in scripts]

    def watch(self) -> Watch:
        """A new watch over no script yet."""
        return ElectrumWatch(self._servers, self._histories)
