"""Runs a wallet's services: one failing is restarted with growing pauses and never stops its neighbours."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from pillarbox.clock import Clock
from pillarbox.errors import ErrorText, PillarboxError
from pillarbox.model.progress import ServicePhase, ServiceState

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


class Service(Protocol):
    """Long work with a name. `run` returns when it has nothing more to do, ever."""

    @property
    def name(self) -> str: ...

    async def run(self) -> None: ...


class Supervisor:
    """Owns one task a service."""

    def __init__(self, clock: Clock, tell: Callable[[str, ServiceState], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopped = False
        self.states: dict[str, ServiceState] = {}

    def start(self, services: Iterable[Service]) -> None:
        """Run these too; none is begun any more after `stop`."""
        for service in () if self._stopped else services:
            self._tasks[service.name] = asyncio.create_task(self._keep(service), name=service.name)

    async def stop(self) -> None:
        """Cancel all and wait for their ends."""
        self._stopped = True
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, service: Service) -> None:
        pause = FIRST_PAUSE
        while True:
            self._set(service.name, ServiceState(ServicePhase.RUNNING))
            started = self._clock.monotonic()
            try:
                await service.run()
            except PillarboxError as error:
                log.warning("service %s failed: %s", service.name, error.code)
                self._set(service.name, ServiceState(ServicePhase.FAILED, error.text))
            except Exception:
                log.exception("service %s failed", service.name)
                self._set(service.name, ServiceState(ServicePhase.FAILED, _UNEXPECTED))
            else:
                self._set(service.name, ServiceState(ServicePhase.STOPPED))
                return
            if self._clock.monotonic() - started > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            await self._clock.sleep_until(self._clock.monotonic() + pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _set(self, name: str, state: ServiceState) -> None:
        self.states[name] = state
        self._tell(name, state)


_UNEXPECTED = ErrorText(
    "internal",
    "A part of Pillarbox stopped",
    "It is being started again. Addresses and payments that were saved are safe.",
    "If this goes on, look into the log file and report it.",
)
