"""Histories of output scripts, from Electrum servers, proven."""

from collections.abc import Sequence

from pillarbox.chain.electrum_errors import ElectrumError, ServerRefusedError
from pillarbox.chain.electrum_protocol import script_hash
from pillarbox.chain.electrum_servers import ElectrumServers
from pillarbox.chain.electrum_watch import ElectrumWatch
from pillarbox.chain.json_lines import Refusal
from pillarbox.chain.script_histories import AT_ONCE, ScriptHistories
from pillarbox.chain.usage import Watch
from pillarbox.model.payment import ScriptHistory


class ElectrumUsage:
    """A UsageSource over the servers of one network."""

    def __init__(self, servers: ElectrumServers) -> None:
        self._servers = servers
        self._histories = ScriptHistories(servers.headers)

    async def history(self, scripts: Sequence[bytes]) -> Sequence[ScriptHistory]:
        """All that is known of each script now, in the order asked.

        Goes to the next server where one fails, and keeps what the one before has told. Raises NoServerError,
        ConnectionClosedError, or ServerRefusedError for a script that a server will not look up.
        """
        unique = list(dict.fromkeys(scripts))
        found: dict[bytes, ScriptHistory] = {}
        while len(found) < len(unique):
            server = await self._servers.server()
            part = unique[len(found) : len(found) + AT_ONCE]
            try:
                answers = await self._histories.look_up(server, part)
            except ElectrumError as error:
                server.lose(error)
                continue
            for script, answer in zip(part, answers, strict=True):
                if isinstance(answer, Refusal):
                    raise ServerRefusedError(
                        server=str(server.address),
                        method=f"the history of {script_hash(script)}",
                        reason=answer.message,
                    )
                found[script] = answer
        return [found[script] for script in scripts]

    def watch(self) -> Watch:
        """A new watch over no script yet."""
        return ElectrumWatch(self._servers, self._histories)
