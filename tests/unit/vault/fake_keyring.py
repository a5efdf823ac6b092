"""Keyring backends as they are met in the wild, in memory."""

import threading
from typing import Any


class FakeKeyring:
    """Works as the Secret Service does."""

    priority: Any = 5

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.fails: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        self._obey()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._obey()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._obey()
        del self.entries[service, username]

    def _obey(self) -> None:
        if self.fails is not None:
            raise self.fails


class PlaintextKeyring(FakeKeyring):
    """As keyrings.alt: a readable file."""

    priority = 0.5


class ForgetfulKeyring(FakeKeyring):
    """Takes everything and keeps nothing, and says that it is a good one."""

    def set_password(self, service: str, username: str, password: str) -> None:
        return


class UnusableKeyring(FakeKeyring):
    """Finds out that it cannot work when it is asked how good it is."""

    @property
    def priority(self) -> float:  # type: ignore[override]
        raise RuntimeError("no such service")


class HangingKeyring(FakeKeyring):
    """As KWallet without a screen: waits for an answer to a dialog that nobody sees."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = threading.Event()

    def _obey(self) -> None:
        self.answered.wait(30)
