"""A program to be killed: restores the file argv[2] into new wallets of the data folder argv[1].

Then argv[3], a later file, into each. argv[4] is the words, argv[5] begins each name.
Prints each name and how many files it has, as it is done.
"""

import asyncio
import itertools
import sys
from pathlib import Path

from pillarbox.app import restoring
from pillarbox.app.application import Application
from pillarbox.app.paths import Paths
from pillarbox.app.restoring import Opened
from pillarbox.secret import Secret
from pillarbox.vault.keychain import Keychain
from pillarbox.vault.sealed_words import RecoveryWords
from pillarbox.wallet.restoring import Options

PASSPHRASE = "correct horse"


async def opened(app: Application, file: Path, words: str) -> Opened:
    entered = RecoveryWords(Secret.from_text(words), Secret(b""))
    return restoring.required(
        *await restoring.open_by_words(app.kinds, await restoring.find([file]), entered)
    )


async def restore(data: Path, first: Path, later: Path, words: str) -> None:
    app = await Application.start(Paths(data), keychain=Keychain(backends=list))
    sys.stdout.write("open\n")
    for number in itertools.count():
        name = f"{sys.argv[5]} {number}"
        made = await opened(app, first, words)
        await restoring.restore_new(app, made, name, Secret.from_text(PASSPHRASE), use_keychain=False)
        sys.stdout.write(f"{name}/1\n")
        sys.stdout.flush()
        await restoring.restore_into(app, await opened(app, later, words), name, Options(gap_limit=40))
        sys.stdout.write(f"{name}/2\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(restore(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]))
