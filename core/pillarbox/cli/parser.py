"""What was typed, as a command's name and its arguments in JSON form. Nothing is looked up or asked here."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NoReturn

from pillarbox import __version__
from pillarbox.cli.backup_parser import add_backup_commands, add_lnd_seed, add_scan_keys

WINDOW = "window"
TOUR = "tour"
SELF_TEST = "self-test"
SERVE = "serve"
PAY_TEST_INVOICE = "test-invoice pay"
INSPECT = "inspect"
INSPECT_KINDS = (
    "address",
    "derive",
    "static-address",
    "lnd-key",
    "loop-backup",
    "loop-backups",
    "l402-token",
    "backup",
)
NETWORKS = ("mainnet", "testnet", "signet", "regtest")
SECRET_FILES = (
    "passphrase",
    "mnemonic",
    "bip39_passphrase",
    "project_key",
    "backup_passphrase",
    "preimage",
    "lnd_seed",
    "lnd_seed_passphrase",
)
"""Arguments that are secret, so that only files that hold them are named on the command line."""
_OPTIONS = ("command", "json", "data_dir", "verbose", *(f"{name}_file" for name in SECRET_FILES))


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run of the program. `files` says which file holds which secret; "-" is standard input."""

    command: str
    given: Mapping[str, object]
    files: Mapping[str, str]
    json: bool
    data_dir: str | None
    verbose: bool


class _Parser(argparse.ArgumentParser):
    """Abbreviates no option, and repeats nothing that was typed in the wrong place: it may be a secret."""

    def parse_known_args(  # type: ignore[override]  # one form is enough
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        typed = list(args or ())
        # A parser of commands must leave what follows the command's name to the command.
        return super().parse_known_args(typed if self._subparsers else self._options_first(typed), namespace)

    def _options_first(self, typed: list[str]) -> list[str]:
        """Before Python 3.13 argparse gives an optional place nothing where an option stands before it."""
        options: list[str] = []
        places: list[str] = []
        left = iter(typed)
        for text in left:
            if text == "--":
                return [*options, *places, text, *left]
            name, equals, _ = text.partition("=")
            option = self._option_string_actions.get(name)
            if option is None:
                places.append(text)
            else:
                options.extend([text, *islice(left, 0 if equals or option.nargs == 0 else 1)])
        return options + places

    def parse_args(  # type: ignore[override]  # one form is enough
        self, args: Sequence[str] | None = None
    ) -> argparse.Namespace:
        found, extra = self.parse_known_args(args)
        if extra:
            options = [text for text in extra if text.startswith("-") and text.isprintable()]
            named = f": {' '.join(options)}" if options else ""
            self.error(f"more was given than this command takes{named}")
        return found


def parse(argv: Sequence[str] | None = None) -> Invocation:
    """Raises SystemExit: 2 after a message on standard error, 0 after help or version."""
    typed = list(sys.argv[1:] if argv is None else argv)
    found = vars(_parser().parse_args(typed))
    files = {name: found[f"{name}_file"] for name in SECRET_FILES if found.get(f"{name}_file") is not None}
    if list(files.values()).count("-") > 1:
        _refuse("only one file can be standard input (-)")
    command, chosen = _variant(found)
    return Invocation(
        command=command,
        given={name: value for name, value in chosen.items() if name not in _OPTIONS and value is not None},
        files=files,
        json=found.get("json", False),
        data_dir=found.get("data_dir"),
        verbose=found.get("verbose", False),
    )


def _variant(found: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Which command is meant where options decide, and its arguments under the names it has for them."""
    command, chosen = found["command"], dict(found)
    if command == "restore":
        fresh, into = chosen.pop("fresh", None), chosen.pop("into", None)
        chosen["wallet"] = fresh or into
        if into is not None:
            if chosen.get("place") is None:
                _refuse("to restore into a wallet, name the backup file or folder")
            return "restore into", chosen
    if command == "backup verify" and chosen.get("wallet") is not None:
        return "backup verify-by-wallet", chosen
    return command, chosen


def _refuse(message: str) -> NoReturn:
    _parser().error(message)


def _parser() -> argparse.ArgumentParser:
    everywhere = _options_everywhere()
    parser = _Parser(
        prog="pillarbox",
        description="Hands out every receive address exactly once. Without a command it opens the window.",
        parents=[everywhere],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"Pillarbox {__version__}")
    parser.set_defaults(command=WINDOW)
    places = parser.add_subparsers(title="commands", metavar="COMMAND")
    commands = _Commands(places, everywhere)
    _add_wallet_commands(commands)
    _add_account_commands(commands)
    _add_address_commands(commands)
    add_backup_commands(commands)
    _add_loop_commands(commands.group("loop", "static addresses of Lightning Loop"))
    _add_other_commands(commands)
    return parser


class _Commands:
    """Adds commands, one or two words long."""

    def __init__(self, places: Any, everywhere: argparse.ArgumentParser) -> None:
        """`places` is what `add_subparsers` returns: argparse has no public name for its class."""
        self._places = places
        self._everywhere = everywhere

    def add(self, word: str, title: str, *, name: str | None = None) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = self._places.add_parser(
            word, help=title, description=title, parents=[self._everywhere], allow_abbrev=False
        )
        parser.set_defaults(command=name or word)
        return parser

    def group(self, word: str, title: str) -> "_Commands":
        parser = self._places.add_parser(
            word, help=title, description=title, parents=[self._everywhere], allow_abbrev=False
        )
        places = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
        return _Commands(places, self._everywhere)


def _options_everywhere() -> argparse.ArgumentParser:
    """Options that may stand before and after a command. What is absent leaves no trace."""
    parser = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    parser.add_argument(
        "--json", action="store_true", help="one JSON object, or one a line, on standard output"
    )
    parser.add_argument("--data-dir", metavar="DIR", help="keep everything below DIR ($PILLARBOX_DATA_DIR)")
    parser.add_argument("-v", "--verbose", action="store_true", help="the log on standard error, too")
    return parser


def _add_wallet_commands(commands: _Commands) -> None:
    wallet = commands.group("wallet", "make, list, lock and unlock wallets")
    create = wallet.add("create", "make a new wallet and show its recovery words", name="wallet create")
    create.add_argument("wallet", metavar="NAME")
    _add_network(create)
    create.add_argument("--words", type=int, choices=(12, 15, 18, 21, 24), help="how many recovery words")
    _add_keychain(create)
    _add_passphrase(create)
    bring = wallet.add("import", "make a wallet of words or public keys that exist", name="wallet import")
    bring.add_argument("wallet", metavar="NAME")
    source = bring.add_mutually_exclusive_group()
    source.add_argument("--mnemonic-file", metavar="F", help="a file with the recovery words (- for stdin)")
    source.add_argument("--xpub", metavar="X", help="an extended public key: watch-only")
    source.add_argument("--descriptor", metavar="D", help="an output descriptor: watch-only")
    bring.add_argument("--bip39-passphrase-file", metavar="F", help="a file with the words' own passphrase")
    _add_network(bring)
    _add_keychain(bring)
    _add_passphrase(bring)
    wallet.add("list", "the wallets here", name="wallet list")
    for word, title in (
        ("show", "a wallet and its accounts"),
        ("lock", "lock the window on a wallet; where none is open, take its key out of the keychain"),
        ("unlock", "the reverse of lock"),
    ):
        parser = wallet.add(word, title, name=f"wallet {word}")
        parser.add_argument("wallet", metavar="NAME")
        _add_passphrase(parser)


def _add_account_commands(commands: _Commands) -> None:
    account = commands.group("account", "add, list and prepare accounts; list their kinds")
    add = account.add("add", "add an account", name="account add")
    add.add_argument("wallet", metavar="NAME")
    add.add_argument("kind", metavar="KIND", help="such as bitcoin-p2wpkh (pillarbox account kinds)")
    add.add_argument("--account", dest="number", type=int, metavar="N", help="its number in the path")
    add.add_argument("--label", metavar="L")
    add.add_argument("--xpub", metavar="X", help="watch-only, from an extended public key or descriptor")
    add.add_argument("--gap-limit", type=int, metavar="N")
    add.add_argument("--server", metavar="URL", help="for kinds that need a server of their own")
    add.add_argument(
        "--new-generation", action="store_true", default=None, help="another one, knowingly paid for anew"
    )
    add.add_argument(
        "--max-cost", type=int, metavar="SAT", help="what a server's token may cost; 1000 usually"
    )
    add.add_argument("--key-class", type=int, metavar="N", help="for dash-platform: DIP-17's key class")
    _add_passphrase(add)
    prepare = account.add(
        "prepare", "make addresses ahead, where each takes the recovery words", name="account prepare"
    )
    _add_place(prepare)
    _add_passphrase(prepare)
    account.add("kinds", "every kind of account there is, and what it takes", name="account kinds")
    shown = account.add("list", "the accounts of a wallet", name="account list")
    shown.add_argument("wallet", metavar="NAME")
    _add_passphrase(shown)


def _add_address_commands(commands: _Commands) -> None:
    receive = commands.add("receive", "hand out a fresh address")
    _add_place(receive)
    receive.add_argument("--label", metavar="L", help="who or what it is for: makes it a payment request")
    receive.add_argument("--amount", metavar="A", help="in whole coins, decimal: makes it a payment request")
    receive.add_argument("--hold", metavar="1h|24h|7d|until-used", help="how long it is kept for the payer")
    receive.add_argument("--count", type=int, metavar="N", help="how many addresses")
    receive.add_argument("--at-limit", metavar="reuse|extend", help="what to do at the gap limit")
    receive.add_argument("--unscanned", action="store_true", default=None, help="do not wait for the scan")
    addresses = commands.add("addresses", "the addresses of an account")
    _add_place(addresses)
    addresses.add_argument("--branch", metavar="B", help="such as external or internal, or a number")
    addresses.add_argument("--state", metavar="unused|reserved|used")
    addresses.add_argument("--from", dest="start", type=int, metavar="I", help="the first index")
    addresses.add_argument("--limit", type=int, metavar="N", help="how many at most")
    release = commands.add("release", "make a reserved address available again")
    mark = commands.add("mark-used", "mark an address as used, by hand")
    for parser in (release, mark):
        parser.add_argument("wallet", metavar="NAME")
        parser.add_argument("address", metavar="ADDRESS")
    mark.add_argument("--undo", action="store_true", default=None, help="take such a mark back")
    sync = commands.add("sync", "learn which addresses were paid")
    sync.add_argument("wallet", metavar="NAME")
    sync.add_argument("--electrum", metavar="HOST:PORT[:t|s]", help="the server to ask, kept in the settings")
    sync.add_argument("--indexer", metavar="URL", help="the same for Cardano")
    sync.add_argument(
        "--project-key-file", metavar="F", help="the key that the indexer wants, kept in the wallet"
    )
    sync.add_argument("--coin", metavar="COIN", help="only its accounts (else of all coins with a server)")
    sync.add_argument("--gap-limit", type=int, metavar="N", help="look at least so far for used addresses")
    how_long = sync.add_mutually_exclusive_group()
    how_long.add_argument("--once", action="store_false", dest="watch", default=None, help="then end (usual)")
    how_long.add_argument("--watch", action="store_true", default=None, help="go on until Ctrl+C")
    balances = commands.add("balances", "mark addresses as used by a balance report (JSON)")
    balances.add_argument("wallet", metavar="NAME")
    balances.add_argument("account", metavar="ACCOUNT", help="its id or label")
    balances.add_argument("file", metavar="FILE", nargs="?", type=os.path.abspath, help="the report")
    balances.add_argument("--url", metavar="URL", help="a server that answers with the report")
    for parser in (receive, addresses, release, mark, sync, balances):
        _add_passphrase(parser)


def _add_loop_commands(loop: _Commands) -> None:
    def add(word: str, title: str) -> argparse.ArgumentParser:
        parser = loop.add(word, title, name=f"loop {word}")
        parser.add_argument("wallet", metavar="NAME")
        _add_passphrase(parser)
        return parser

    pay = add("pay", "pay for the token that a server wants, or prove that it was paid for")
    pay.add_argument(
        "--preimage-file", metavar="F", help="what proves a payment made elsewhere (- for stdin)"
    )
    pay.add_argument("--lnd", metavar="URL", help="have this node pay, and keep its settings in the wallet")
    pay.add_argument("--lnd-macaroon-file", metavar="F", type=os.path.abspath)
    pay.add_argument("--lnd-cert", metavar="F", type=os.path.abspath, help="the node's certificate (PEM)")
    add("status", "tokens, what is to be paid, addresses, and what lies on them")
    discard = add("discard", "give up a payment that was not made")
    discard.add_argument(
        "--not-paid", action="store_true", default=None, help="I am sure that nobody paid it"
    )
    deposits = add("deposits", "what lies on static addresses")
    deposits.add_argument("account", metavar="ACCOUNT", nargs="?", help="its id or label, or all of them")
    deposits.add_argument("--all", action="store_true", default=None, help="those that are gone, too")
    leave = add("exit", "a transaction that takes a deposit back without the server; nothing broadcasts it")
    leave.add_argument("outpoint", metavar="OUTPOINT", help="txid:number")
    leave.add_argument("--to", metavar="ADDRESS", help="a fresh address of another account if left out")
    leave.add_argument("--fee-rate", metavar="N", required=True, help="satoshi a virtual byte")
    leave.add_argument("--sign", action="store_true", default=None, help="with the recovery words")
    add_lnd_seed(leave)
    token = add("token", "write a paid token's file, or take one over")
    which = token.add_mutually_exclusive_group(required=True)
    which.add_argument("--export", metavar="F", type=os.path.abspath)
    which.add_argument("--import", dest="take_over", metavar="F", type=os.path.abspath)
    token.add_argument("--token", metavar="ID", help="which one, where there are several")
    token.add_argument("--server", metavar="URL", help="the server that a file's token is for, if known")
    recover = add("recover", "a static address and its token from a backup")
    recover.add_argument("--backup-file", metavar="F", type=os.path.abspath, help="the latest if left out")
    add_lnd_seed(recover)
    add_scan_keys(recover)


def _add_other_commands(commands: _Commands) -> None:
    inspect = commands.add("inspect", "look at anything, change nothing", name=INSPECT)
    inspect.add_argument("kind", choices=INSPECT_KINDS)
    inspect.add_argument("item", metavar="ITEM", nargs="?", help="without it: one item a line from stdin")
    commands.add(SELF_TEST, "check this installed copy")
    _add_server_commands(commands)
    tour = commands.add(TOUR, "the main job in the real window, a picture a step")
    tour.add_argument("--out", metavar="DIR", help="where the pictures go")


def _add_server_commands(commands: _Commands) -> None:
    serve = commands.add(SERVE, "a server of static addresses")
    serve.add_argument("--listen", metavar="HOST:PORT", help="127.0.0.1:9750 if left out; port 0: any")
    serve.add_argument("--database", metavar="FILE-OR-URL", help="where its promises are kept")
    serve.add_argument("--l402", choices=("test", "lnd"), help="whose invoices let callers in (else all may)")
    serve.add_argument("--network", choices=NETWORKS, help="of test invoices; regtest if left out")
    serve.add_argument("--price", metavar="A", help="of a token, in whole coins, decimal")
    serve.add_argument("--expiry", type=int, metavar="BLOCKS", help="until a client can spend alone")
    serve.add_argument("--admin-port", type=int, metavar="N", help="where test invoices are paid")
    serve.add_argument("--tls-cert", metavar="F", help="a certificate (PEM)")
    serve.add_argument("--tls-key", metavar="F", help="its private key (PEM)")
    serve.add_argument("--insecure", action="store_true", default=None, help="let others in without TLS")
    serve.add_argument("--lnd-url", metavar="URL", help="the REST interface of an lnd node")
    serve.add_argument("--lnd-macaroon-file", metavar="F", help="a macaroon that may make invoices")
    serve.add_argument("--lnd-cert", metavar="F", help="the node's tls.cert")
    invoices = commands.group("test-invoice", "try what paying a test server's invoice does")
    pay = invoices.add("pay", "the preimage of an invoice of serve --l402 test", name=PAY_TEST_INVOICE)
    pay.add_argument("invoice", metavar="INVOICE")
    pay.add_argument("--server", metavar="URL", help="http://127.0.0.1:9751 if left out")


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("wallet", metavar="NAME")
    parser.add_argument("account", metavar="ACCOUNT", nargs="?", help="its id or label, or the first one")


def _add_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--network", choices=NETWORKS, help="mainnet if left out")


def _add_keychain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-keychain",
        action="store_false",
        dest="keychain",
        default=None,
        help="the passphrase alone opens it",
    )


def _add_passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--passphrase-file", metavar="F", help="a file with the passphrase (- for stdin)")
