"""A server shows another certificate than before: trust it?"""

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QWidget

from pillarbox.model.progress import ChangedCertificate
from pillarbox_gui.dialogs.message import Confirmation
from pillarbox_gui.pages.controls import words
from pillarbox_gui.theme.theme import Theme

PAIRS_A_LINE = 16

translate = QCoreApplication.translate


class TrustQuestion(Confirmation):
    """Shows both fingerprints, to be compared with what whoever runs the server says."""

    def __init__(
        self, theme: Theme, parent: QWidget, server: str, certificate: ChangedCertificate | None
    ) -> None:
        super().__init__(
            theme,
            parent,
            translate("settings", "Trust another certificate?"),
            translate(
                "settings",
                "Somebody between you and {server} could show one of their own, and then see which addresses "
                "are yours. Go on only if whoever runs it gives you the same SHA-256 for the new one.",
            ).format(server=server),
            translate("settings", "Trust the new certificate"),
        )
        if certificate is not None:
            self._show(translate("settings", "New"), certificate.shown)
            self._show(translate("settings", "Known until now"), certificate.known)

    def _show(self, name: str, fingerprint: str) -> None:
        text = words(in_lines(fingerprint), "mono", wrap=True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.setAccessibleName(f"{name}: {fingerprint}")
        self.body.addWidget(words(name, "muted"))
        self.body.addWidget(text)


def in_lines(fingerprint: str) -> str:
    """As wide as a question has room for, with the colons that it is compared by."""
    pairs = fingerprint.split(":")
    lines = [pairs[i : i + PAIRS_A_LINE] for i in range(0, len(pairs), PAIRS_A_LINE)]
    return ":\n".join(":".join(line) for line in lines)
