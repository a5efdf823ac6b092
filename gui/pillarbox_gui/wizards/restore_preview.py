"""What would be restored, before anything is; and what was."""

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFormLayout, QGridLayout

from pillarbox.flows.restore_steps import AccountFacts, Confirmed, Contents, Done, Preview, ScanWider
from pillarbox.wallet.account_keeping import WIDEST_GAP
from pillarbox_gui.dialogs.scan_wider import USUAL
from pillarbox_gui.pages.controls import Button, Card, Elided, field_name, number_entry, row, words
from pillarbox_gui.theme.tokens import Space, Tone
from pillarbox_gui.wizards.restore_kit import RestoreKit, say_lines
from pillarbox_gui.wizards.step_page import StepPage
from pillarbox_gui.wording.networks import network_words
from pillarbox_gui.wording.restoring import (
    ReportLine,
    counts_words,
    merge_words,
    passed_over_lines,
    reason_lines,
    report_lines,
    scanned_wider,
    wider_words,
)

MOST_ACCOUNTS = 12

translate = QCoreApplication.translate


class PreviewPage(StepPage):
    """The backup's contents, or that there is none and what the words bring back alone."""

    def __init__(self, kit: RestoreKit, step: Preview) -> None:
        title, explanation = _heading(step)
        super().__init__(kit.theme, title, explanation)
        self.go_on = translate("restore", "Continue")
        self._kit = kit
        if step.contents is not None:
            self._show(step.contents)
        say_lines(
            self,
            [
                ReportLine(
                    Tone.QUIET,
                    "info",
                    translate("restore", 'The open wallet "{wallet}" is of the same words').format(
                        wallet=name
                    ),
                    merge_words(report),
                )
                for name, report in step.merged.items()
            ],
        )
        say_lines(self, passed_over_lines(step.passed_over))
        self.say_trouble(step.error)

    def answer(self) -> Confirmed:
        return Confirmed()

    def _show(self, contents: Contents) -> None:
        theme, look = self.theme, self._kit.look
        card = Card(theme, Space.M, Space.L)
        form = QFormLayout()
        form.setHorizontalSpacing(theme.px(Space.L))
        form.setVerticalSpacing(theme.px(Space.XS))
        for name, value in (
            (translate("restore", "Wallet"), contents.name),
            (translate("restore", "Fingerprint"), contents.fingerprint),
            (translate("restore", "Network"), network_words(contents.network)),
            (translate("restore", "Written"), look.calendar.ago(contents.created_at, look.now())),
            (translate("restore", "File"), contents.path),
        ):
            if value:
                shown = Elided("", Qt.TextElideMode.ElideMiddle)
                shown.say(value)
                form.addRow(words(name, "muted"), shown)
        card.body.addLayout(form)
        card.body.addWidget(words(counts_words(contents.counts), "strong", wrap=True))
        card.body.addLayout(self._accounts(contents.accounts))
        self.body.addWidget(card)
        say_lines(self, reason_lines(contents.notes, Tone.QUIET, "info"))
        say_lines(self, reason_lines(contents.left_out, Tone.WAITING, "warning"))

    def _accounts(self, accounts: tuple[AccountFacts, ...]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(self.theme.px(Space.L))
        grid.setVerticalSpacing(self.theme.px(Space.XS))
        grid.setColumnStretch(0, 1)
        for place, account in enumerate(accounts[:MOST_ACCOUNTS]):
            label = Elided("")
            label.say(account.label)
            grid.addWidget(label, place, 0)
            grid.addWidget(words(self._kit.kind_title(account.kind), "muted"), place, 1)
            grid.addWidget(words(account.path, "mono"), place, 2)
        if (more := len(accounts) - MOST_ACCOUNTS) > 0:
            said = translate("restore", "And {n} more").format(n=more)
            grid.addWidget(words(said, "muted"), MOST_ACCOUNTS, 0)
        return grid


class DonePage(StepPage):
    """The wallet is there: what came back, what did not, and what goes on."""

    def __init__(self, kit: RestoreKit, step: Done) -> None:
        super().__init__(
            kit.theme,
            translate("restore", "{name} is ready").format(name=step.name),
            translate(
                "restore",
                "Now Pillarbox looks for what was paid to it meanwhile, before it hands out an address that "
                "somebody may have. For that it asks a server: choose one in Settings, where none is chosen "
                "yet. You need not wait for it here.",
            ),
        )
        self.go_on = translate("restore", "Open the wallet")
        self.wallet = step.name
        if step.report is None:
            lines = [
                ReportLine(
                    Tone.QUIET,
                    "info",
                    translate("restore", "There was no backup to restore from"),
                    translate(
                        "restore",
                        "Accounts and payments are looked for on the chain. Labels, payment requests and who "
                        "was shown which address cannot be brought back.",
                    ),
                )
            ]
        else:
            lines = report_lines(step.report)
        if (trouble := step.keychain_trouble) is not None:
            opens = translate("restore", "The passphrase you chose opens the wallet.")
            lines.append(ReportLine(Tone.WAITING, "warning", trouble.title, f"{trouble.message} {opens}"))
        if step.gap_limit is not None:
            title = translate("restore", "A wider scan goes on")
            lines.append(ReportLine(Tone.GOOD, "scan", title, scanned_wider(step.gap_limit)))
        say_lines(self, lines)
        self.gap_limit = number_entry(kit.theme, 1, WIDEST_GAP, _next_gap(step.gap_limit))
        self.wider = Button(kit.theme, translate("restore", "Scan wider"), icon="scan")
        self.wider.clicked.connect(lambda: self.answered.emit(ScanWider(self.gap_limit.value())))
        self._offer_wider()
        self.say_trouble(step.error)

    def _offer_wider(self) -> None:
        name = translate("restore", "Addresses &beyond the last used one")
        line = row(self.theme, Space.S)
        line.addWidget(field_name(name, self.gap_limit))
        line.addWidget(self.gap_limit)
        line.addWidget(self.wider)
        line.addStretch()
        self.body.addSpacing(self.theme.px(Space.L))
        self.body.addWidget(words(translate("restore", "Payments missing?"), "strong"))
        self.body.addWidget(words(wider_words(), "muted", wrap=True))
        self.body.addLayout(line)


def _next_gap(before: int | None) -> int:
    """Twice as far as was asked for before."""
    return USUAL if before is None else min(2 * before, WIDEST_GAP)


def _heading(step: Preview) -> tuple[str, str]:
    if step.contents is None:
        return (
            translate("restore", "No backup of these words was found"),
            translate(
                "restore",
                "The words alone bring the money back: accounts and payments are looked for on the chain. "
                "Labels, payment requests and who was shown which address are in backups only. Go back to "
                "look in more folders.",
            ),
        )
    return (
        translate("restore", "This is in the backup"),
        translate("restore", "It was opened and read as a whole. Nothing has been changed yet."),
    )
