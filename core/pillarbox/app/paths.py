"""Where everything lies that the program writes: the platform's own place, or one folder of the user's."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import platformdirs

from pillarbox.errors import InvalidInputError
from pillarbox.model.network import Network

VARIABLE = "PILLARBOX_DATA_DIR"


@dataclass(frozen=True, slots=True)
class Paths:
    """Everything lies below `root`."""

    root: Path

    @classmethod
    def choose(cls, data_dir: str | None = None) -> Self:
        """`data_dir`, else what PILLARBOX_DATA_DIR says, else the platform's place for a user's data.

        Raises InvalidInputError for no name at all, and for the home of a user that there is not.
        """
        if data_dir is not None and not data_dir.strip():
            raise InvalidInputError(what="data folder", why="Its name is empty.")
        chosen = data_dir or os.environ.get(VARIABLE)
        if chosen:
            try:
                return cls(Path(chosen).expanduser().absolute())
            except RuntimeError as error:
                raise InvalidInputError(what="data folder", why="There is no such user's home.") from error
        return cls(platformdirs.user_data_path("pillarbox", appauthor=False))

    @property
    def wallets(self) -> Path:
        return self.root / "wallets"

    @property
    def backups(self) -> Path:
        """A folder a wallet, which stays when the wallet is removed."""
        return self.root / "backups"

    @property
    def key_claims(self) -> Path:
        """Where programs tell each other whose addresses they hand out. Always empty."""
        return self.root / "key-claims"

    @property
    def settings(self) -> Path:
        return self.root / "settings.json"

    @property
    def chain(self) -> Path:
        """Block headers and the certificates of servers."""
        return self.root / "chain"

    def loop(self, network: Network) -> Path:
        """Loop's backups of a network, of every wallet here."""
        return self.root / "loop" / network.value

    @property
    def log(self) -> Path:
        return self.root / "log" / "pillarbox.log"

    @property
    def run(self) -> Path:
        """Sockets of running programs."""
        return self.root / "run"
