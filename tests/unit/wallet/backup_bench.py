"""What the tests of a wallet's backups share: a wallet that backs itself up, and where its files lie."""

import asyncio
from pathlib import Path

from wallet_bench import ROOT, Bench

from pillarbox.model.backup import BackupPhase
from pillarbox.model.network import Network
from pillarbox.secret import Secret
from pillarbox.storage import meta
from pillarbox.wallet import backup_reading, service_keys
from pillarbox.wallet.backup_sealing import SUFFIX
from pillarbox.wallet.wallet import Wallet

UNWRITTEN = {BackupPhase.NEVER, BackupPhase.CHANGED, BackupPhase.FAILED}
WRITTEN = {BackupPhase.WRITTEN, BackupPhase.VERIFIED, BackupPhase.DRILLED}
KEY = service_keys.wallet_backup_key(ROOT.seed)


async def wallet_with_words(bench: Bench) -> Wallet:
    """An open wallet whose words' key is known, so that it backs itself up."""
    opened = await bench.open()
    assert bench.db is not None
    await bench.db.write(
        lambda tx: service_keys.keep(tx, service_keys.derive_all(ROOT.seed, Network.REGTEST))
    )
    await opened.accounts.add("bitcoin-p2wpkh", number=0, root=ROOT)
    return opened


def home(bench: Bench) -> Path:
    return bench.path.parent / "backups" / "test"


async def further_folder(wallet: Wallet, beside: Path, name: str = "stick") -> Path:
    """A folder that the wallet's backups go into too."""
    folder = beside / name
    folder.mkdir()
    await wallet.backing_up.set_folders([folder])
    return folder


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))


async def until(bench: Bench, phase: BackupPhase, turn: int = 1) -> None:
    """Turn the clock until the status is that, of all that is committed; what is proven is written too."""
    assert bench.wallet is not None
    assert bench.db is not None
    async with asyncio.timeout(20):
        while True:
            revision = await bench.db.read(meta.revision)
            status = bench.wallet.backup
            current = [file.revision for file in status.files[:1]] == [revision]
            phases = WRITTEN if phase is BackupPhase.WRITTEN else {phase}
            if status.phase in phases and current is (phase not in UNWRITTEN):
                return
            bench.clock.turn(turn)
            await asyncio.sleep(0.01)


async def opened(path: Path, key: Secret = KEY) -> backup_reading.OpenedBackup:
    return await backup_reading.open_backup(await backup_reading.read_file(path), key)
