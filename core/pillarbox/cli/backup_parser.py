"""The commands of backups and of restoring, as they are typed."""

import argparse
import os
from datetime import UTC, datetime
from typing import Protocol

NETWORKS = ("mainnet", "testnet", "signet", "regtest")


class Commands(Protocol):
    """Adds commands, one or two words long."""

    def add(self, word: str, title: str, *, name: str | None = None) -> argparse.ArgumentParser: ...

    def group(self, word: str, title: str) -> "Commands": ...


def add_backup_commands(commands: Commands) -> None:
    backup = commands.group("backup", "write, list, verify and drill backups")
    now = backup.add("now", "write a backup now, verify it, and say where it lies", name="backup now")
    now.add_argument("wallet", metavar="NAME")
    now.add_argument("--to", type=os.path.abspath, metavar="DIR", help="put it there too")
    bundle = backup.add(
        "bundle", "a file with the recovery words in it, which a passphrase opens", name="backup bundle"
    )
    bundle.add_argument("wallet", metavar="NAME")
    bundle.add_argument("--to", type=os.path.abspath, metavar="DIR", required=True, help="where it goes")
    passphrase = backup.add(
        "passphrase", "what opens the backups of a wallet without words", name="backup passphrase"
    )
    passphrase.add_argument("wallet", metavar="NAME")
    folders = backup.add("folders", "further folders that each backup is put into", name="backup folders")
    folders.add_argument("wallet", metavar="NAME")
    folders.add_argument("--add", type=os.path.abspath, metavar="DIR")
    folders.add_argument("--remove", type=os.path.abspath, metavar="DIR")
    status = backup.add("status", "how safe the wallet is", name="backup status")
    drill = backup.add(
        "drill", "restore the newest backup into a throwaway wallet and compare", name="backup drill"
    )
    for parser in (status, drill):
        parser.add_argument("wallet", metavar="NAME")
    listed = backup.add("list", "the backups in a folder, newest first", name="backup list")
    listed.add_argument("place", type=os.path.abspath, metavar="DIR")
    verify = backup.add(
        "verify", "open a backup and read all of it; nothing is changed", name="backup verify"
    )
    verify.add_argument("file", type=os.path.abspath, metavar="FILE")
    verify.add_argument("--wallet", metavar="NAME", help="opened by this wallet, and compared with it")
    restore = commands.add("restore", "get a wallet back")
    restore.add_argument(
        "place",
        type=os.path.abspath,
        metavar="FILE-OR-DIR",
        nargs="?",
        help="a backup or a folder with some; without it, the recovery words alone",
    )
    where = restore.add_mutually_exclusive_group(required=True)
    where.add_argument("--as", dest="fresh", metavar="NAME", help="as a wallet of its own")
    where.add_argument("--into", metavar="NAME", help="add what this wallet lacks")
    restore.add_argument("--gap-limit", type=int, metavar="N", help="look at least so far for used addresses")
    restore.add_argument(
        "--birthday",
        type=_birthday,
        metavar="YYYY-MM-DD",
        help="it was not used before: a note in its backups; all of its past is looked at either way",
    )
    restore.add_argument("--dry-run", action="store_true", default=None, help="say what it would do")
    restore.add_argument(
        "--network",
        choices=NETWORKS,
        help="only what is of this network; for the words alone mainnet if left out",
    )
    restore.add_argument(
        "--no-keychain",
        action="store_false",
        dest="keychain",
        default=None,
        help="the passphrase alone opens it",
    )
    add_lnd_seed(restore)
    add_scan_keys(restore)
    for parser in (verify, restore):
        parser.add_argument("--mnemonic-file", metavar="F", help="a file with the words (- for stdin)")
        parser.add_argument("--bip39-passphrase-file", metavar="F", help="a file with the words' passphrase")
    for parser in (bundle, passphrase, verify, restore):
        parser.add_argument(
            "--backup-passphrase-file", metavar="F", help="a file with the passphrase of the backup"
        )
    for parser in (now, bundle, passphrase, folders, status, drill, verify, restore):
        parser.add_argument(
            "--passphrase-file", metavar="F", help="a file with the wallet's passphrase (- for stdin)"
        )


def add_lnd_seed(parser: argparse.ArgumentParser) -> None:
    """What users of lnd have in place of a wallet's words."""
    parser.add_argument(
        "--lnd-seed-file", metavar="F", help="lnd's words, their entropy or its root key, for Loop's backups"
    )
    parser.add_argument("--lnd-seed-passphrase-file", metavar="F", help="the passphrase of lnd's words")


def add_scan_keys(parser: argparse.ArgumentParser) -> None:
    """How far to look for the key of a Loop backup."""
    parser.add_argument(
        "--scan-keys", type=int, metavar="N", help="the last key to try for Loop's; 2500 if left out"
    )


def _birthday(text: str) -> int:
    """Unix seconds. Raises ValueError."""
    return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
