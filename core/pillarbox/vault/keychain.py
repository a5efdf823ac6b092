"""The operating system's keychain, through keyring.

Every call runs in a thread of its own, since a locked keychain waits for a person, and may wait for ever. A
backend that would keep the key readable to anybody is refused, and what was written is read back: one of
keyring's backends takes everything and keeps nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from threading import Thread
from typing import Any, Protocol, TypeVar

from pillarbox.errors import PillarboxError
from pillarbox.model.account import WalletId
from pillarbox.secret import Secret

log = logging.getLogger(__name__)

T = TypeVar("T")

SERVICE = "Pillarbox"
LEAST_PRIORITY = 1
PATIENCE = 120.0
"""Seconds a person may take to answer the keychain's own prompt."""
QUIET = 0.5
"""Seconds after which waiting for the keychain is worth showing."""

_HINT = "Enter the wallet's passphrase instead. Nothing is lost."


class KeychainError(PillarboxError):
    """Base of what goes wrong with a keychain. The passphrase always leads on."""

    code = "keychain-trouble"
    hint = _HINT


class KeychainMissingError(KeychainError):
    """No parameters."""

    code = "keychain-missing"
    title = "There is no keychain here"
    message = "This computer, or this session, has no keychain that Pillarbox could keep the wallet's key in."


class KeychainUnsafeError(KeychainError):
    """Parameters: backend."""

    code = "keychain-unsafe"
    title = "The keychain is not safe enough"
    message = (
        "The only keychain found here ({backend}) would keep the wallet's key readable to anybody, or not at "
        "all. Pillarbox does not use it."
    )


class KeychainLockedError(KeychainError):
    """No parameters."""

    code = "keychain-locked"
    title = "The keychain is locked"
    message = "The keychain holds the wallet's key but was not unlocked."
    hint = "Unlock the keychain and try again, or enter the wallet's passphrase. Nothing is lost."


class KeychainSilentError(KeychainError):
    """Parameters: seconds."""

    code = "keychain-silent"
    title = "The keychain does not answer"
    message = "The keychain gave no answer for {seconds} seconds. Perhaps it asks for its password somewhere."
    hint = "Look for the keychain's own window and try again, or enter the wallet's passphrase."


class KeychainFailedError(KeychainError):
    """Parameters: why."""

    code = "keychain-failed"
    title = "The keychain failed"
    message = "The keychain could not do this ({why})."


class KeychainForgotError(KeychainError):
    """No parameters."""

    code = "keychain-forgot"
    title = "The keychain does not have the key"
    message = (
        "The keychain has no entry for this wallet any more: it was removed, or this is another keychain."
    )
    hint = "Enter the wallet's passphrase, then have the key kept in the keychain again. Nothing is lost."


class Backend(Protocol):
    """What of a keyring backend is used."""

    priority: Any

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


def installed_backends() -> Iterable[Backend]:
    """The backend keyring would use here, or those that its chain tries."""
    import keyring  # noqa: PLC0415  # a tenth of a second, which only those pay who use it

    chosen: Any = keyring.get_keyring()
    chain: Iterable[Backend] = getattr(chosen, "backends", (chosen,))
    return chain


class Keychain:
    """One secret a wallet, kept by the operating system."""

    def __init__(
        self,
        *,
        backends: Callable[[], Iterable[Backend]] = installed_backends,
        on_waiting: Callable[[bool], None] = lambda _waiting: None,
        patience: float = PATIENCE,
    ) -> None:
        """`on_waiting` is told, on the loop, when an answer takes long, and when it has come."""
        self._backends = backends
        self._on_waiting = on_waiting
        self._patience = patience

    async def put(self, wallet: WalletId, secret: Secret) -> str:
        """Keep a secret; returns the name of the backend that holds it. Raises KeychainError."""
        return await self._ask(lambda: _put(self._safe_backends(), wallet, secret.reveal().hex()))

    async def get(self, wallet: WalletId, backend: str) -> Secret:
        """The secret that `backend` holds. Raises KeychainError."""
        return await self._ask(lambda: _get(self._safe_backends(), wallet, backend))

    async def remove(self, wallet: WalletId, backend: str) -> None:
        """Take the secret out; no error where there is none. Raises KeychainError."""
        await self._ask(lambda: _remove(self._safe_backends(), wallet, backend))

    def _safe_backends(self) -> list[Backend]:
        """Best first. Runs in the thread: merely looking for them may ask the session bus."""
        found = sorted(self._backends(), key=_priority, reverse=True)
        safe = [backend for backend in found if _priority(backend) >= LEAST_PRIORITY]
        if safe:
            return safe
        offered = [backend for backend in found if not type(backend).__module__.endswith(".fail")]
        if offered:
            raise KeychainUnsafeError(backend=backend_name(offered[0]))
        raise KeychainMissingError

    async def _ask(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread that nobody waits for at exit: a keychain's prompt cannot be called off."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        Thread(target=_run, args=(work, answer, loop), name="keychain", daemon=True).start()
        try:
            if not await _settles(answer, QUIET):
                await self._wait_visibly(answer)
            return answer.result()
        finally:
            answer.cancel()

    async def _wait_visibly(self, answer: "asyncio.Future[T]") -> None:
        self._on_waiting(True)
        try:
            if not await _settles(answer, self._patience):
                raise KeychainSilentError(seconds=round(self._patience))
        finally:
            self._on_waiting(False)


def backend_name(backend: Backend) -> str:
    """As keyring's own settings name it."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


async def _settles(answer: "asyncio.Future[T]", seconds: float) -> bool:
    done, _ = await asyncio.wait([answer], timeout=seconds)
    return bool(done)


def _run(work: Callable[[], T], answer: "asyncio.Future[T]", loop: asyncio.AbstractEventLoop) -> None:
    try:
        value = work()
    except BaseException as error:  # noqa: BLE001  # raised again in _ask
        _tell(loop, answer, answer.set_exception, _translated(error))
    else:
        _tell(loop, answer, answer.set_result, value)


def _tell(
    loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[T]", settle: Callable[[Any], None], value: object
) -> None:
    def on_loop() -> None:
        if not answer.done():
            settle(value)

    try:
        loop.call_soon_threadsafe(on_loop)
    except RuntimeError:
        log.info("the keychain answered after the event loop had ended")


def _put(backends: list[Backend], wallet: WalletId, text: str) -> str:
    backend = backends[0]
    backend.set_password(SERVICE, wallet, text)
    if backend.get_password(SERVICE, wallet) != text:
        raise KeychainUnsafeError(backend=backend_name(backend))
    return backend_name(backend)


def _get(backends: list[Backend], wallet: WalletId, name: str) -> Secret:
    for backend in backends:
        if backend_name(backend) == name:
            text = backend.get_password(SERVICE, wallet)
            if text is None:
                raise KeychainForgotError
            return Secret(_from_hex(text))
    raise KeychainMissingError


def _remove(backends: list[Backend], wallet: WalletId, name: str) -> None:
    for backend in backends:
        if backend_name(backend) == name and backend.get_password(SERVICE, wallet) is not None:
            backend.delete_password(SERVICE, wallet)


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise KeychainForgotError from None


def _priority(backend: Backend) -> float:
    """Some backends find out only here that they cannot work."""
    try:
        return float(backend.priority)
    except Exception:
        log.info("keychain %s is not usable", backend_name(backend), exc_info=True)
        return 0.0


def _translated(error: BaseException) -> BaseException:
    from keyring import errors  # noqa: PLC0415  # as above

    match error:
        case PillarboxError():
            return error
        case errors.KeyringLocked():
            return KeychainLockedError()
        case errors.NoKeyringError():
            return KeychainMissingError()
        case _:
            return KeychainFailedError(why=f"{type(error).__name__}: {error}")
