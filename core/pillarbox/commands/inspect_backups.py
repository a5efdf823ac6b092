"""`inspect backup`: what a backup file of Pillarbox holds."""

import asyncio
from pathlib import Path

from pillarbox.accounts import KINDS
from pillarbox.app import restoring
from pillarbox.app.restoring import Opened
from pillarbox.backup import envelope
from pillarbox.commands import items
from pillarbox.commands.backups import opened_object
from pillarbox.commands.items import Item, Object
from pillarbox.secret import Secret
from pillarbox.vault.sealed_words import RecoveryWords


def inspect_backup(item: Item) -> dict[str, object]:
    """All that a backup says, opened by the words or by its passphrase. Raises PillarboxError."""
    known = {"path", "mnemonic", "bip39_passphrase", "passphrase"}
    given = items.require_object(item, known)
    opened = asyncio.run(_opened(given, items.one_of(given, "mnemonic", "passphrase")))
    if opened.words is not None:
        opened.words.wipe()
    return {"version": envelope.VERSION, **opened_object(opened)}


async def _opened(given: Object, by: str) -> Opened:
    file = await restoring.find_one(Path(items.text(given, "path")))
    if file.trouble is not None:
        raise file.trouble
    if by == "passphrase":
        with Secret.from_text(items.text(given, by)) as passphrase:
            return await restoring.open_by_passphrase(KINDS, file, passphrase)
    extra = items.text(given, "bip39_passphrase") if "bip39_passphrase" in given else ""
    words = RecoveryWords(Secret.from_text(items.text(given, by)), Secret.from_text(extra))
    return restoring.required(*await restoring.open_by_words(KINDS, [file], words))
