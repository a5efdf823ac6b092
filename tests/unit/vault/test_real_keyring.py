"""A real gnome-keyring in a D-Bus session of its own, and sessions that lack one or the other."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LOGIN = "login password"

UNLOCK = (
    'eval "$(printf "%s\\n" "$KEYRING_PASSWORD" | gnome-keyring-daemon --unlock --components=secrets '
    '2>/dev/null | sed "s/^/export /")"; exec "$@"'
)

SCRIPT = """
import asyncio, sys
from functools import partial
from pathlib import Path
from pillarbox.errors import PillarboxError
from pillarbox.files.install import install_file
from pillarbox.model.account import WalletId
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.vault.keychain import Keychain
from pillarbox.vault.slots import Slots
from pillarbox.vault.slots_file import read_slots

path, verb = Path(sys.argv[1]), sys.argv[2]
async def main():
    slots = Slots(path, Keychain(patience=20), partial(install_file, replace=True))
    passphrase = Secret.from_text("correct horse")
    try:
        if verb == "create":
            wallet = WalletId("ab" * 16)
            made = await slots.create(wallet, Network.REGTEST, passphrase=passphrase, use_keychain=True)
            print(made.keychain_trouble.code if made.keychain_trouble else read_slots(path).keychain.backend)
        elif verb == "open":
            print("same" if await slots.file_key() == await slots.file_key(passphrase) else "other")
        elif verb == "take out":
            await slots.take_out_of_keychain()
            print("out")
        elif verb == "put back":
            await slots.put_into_keychain(await slots.file_key(passphrase))
            print("in")
    except PillarboxError as error:
        print(error.code)

asyncio.run(main())
"""


class Session:
    """A person's login, with or without a keyring."""

    def __init__(self, folder: Path) -> None:
        self.slots = folder / "slots.json"
        self._home = folder / "home"
        for name in ("", "share", "run"):
            (self._home / name).mkdir(mode=0o700)

    def run(self, verb: str, *, password: str | None = LOGIN, bus: bool = True) -> str:
        """What `verb` prints. A `password` unlocks the keyring first."""
        command = [sys.executable, "-c", SCRIPT, str(self.slots), verb]
        if password is not None:
            command = ["bash", "-c", UNLOCK, "_", *command]
        if bus:
            command = ["dbus-run-session", "--", *command]
        ran = subprocess.run(
            command, env=self._environment(password), capture_output=True, text=True, timeout=90, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def _environment(self, password: str | None) -> dict[str, str]:
        graphical = {"DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "PYTHON_KEYRING_BACKEND"}
        return {
            **{name: value for name, value in os.environ.items() if name not in graphical},
            "HOME": str(self._home),
            "XDG_DATA_HOME": str(self._home / "share"),
            "XDG_RUNTIME_DIR": str(self._home / "run"),
            "KEYRING_PASSWORD": password or "",
        }


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


@pytest.fixture
def real_session(session: Session) -> Session:
    for program in ("gnome-keyring-daemon", "dbus-run-session", "bash"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    return session


def test_the_key_outlives_the_session_and_can_be_taken_out_and_put_back(real_session: Session) -> None:
    assert real_session.run("create") == "keyring.backends.SecretService.Keyring"
    assert real_session.run("open") == "same"
    assert real_session.run("take out") == "out"
    assert real_session.run("open") == "not-in-keychain"
    assert real_session.run("put back") == "in"
    assert real_session.run("open") == "same"


def test_a_locked_keyring_is_told_and_the_passphrase_goes_on(real_session: Session) -> None:
    real_session.run("create")
    assert real_session.run("open", password="not the login password") == "keychain-locked"
    assert real_session.run("put back", password="not the login password") == "keychain-locked"
    assert real_session.run("open") == "same"


def test_a_keyring_that_was_never_set_up_is_told(real_session: Session) -> None:
    assert real_session.run("create", password=None) == "keychain-failed"
    assert real_session.run("open", password=None) == "not-in-keychain"


def test_a_session_without_bus_has_no_keychain(session: Session) -> None:
    assert session.run("create", password=None, bus=False) == "keychain-missing"
