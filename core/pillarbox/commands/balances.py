"""`balances`: mark addresses Used by a balance report."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pillarbox.chain.balance_report import FileReport, ReportSource, UrlReport
from pillarbox.commands.arguments import ArgumentsError
from pillarbox.commands.command import Command, Replies, Where, opened

if TYPE_CHECKING:
    from pillarbox.app.application import Application


@dataclass(frozen=True, slots=True)
class BalancesArguments:
    """Either `file`, an absolute path, or `url`. Raises ArgumentsError for both or none."""

    wallet: str
    account: str
    file: str | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        if (self.file is None) == (self.url is None):
            raise ArgumentsError(why="It needs either a file or --url.")


async def balances(app: "Application", arguments: BalancesArguments) -> Replies:
    """How many addresses of the report became Used, stayed as they were, and are not the account's.

    `missing`: how many of the account's addresses it does not name.
    """
    wallet = opened(app, arguments.wallet)
    account = wallet.accounts.get(arguments.account)
    source: ReportSource
    if arguments.url is not None:
        source = UrlReport(arguments.url, app.settings.values.proxy)
    else:
        source = FileReport(Path(arguments.file or ""))
    applied = await wallet.balance_reports.apply(account.id, await source.report())
    yield asdict(applied)


COMMANDS = (Command("balances", BalancesArguments, Where.OPEN_WALLET, balances),)
