"""What to do about an error, where the command line's answer is one of its own words."""

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate


def window_hints() -> dict[str, str]:
    """By the error's code, in the user's language."""
    return {
        "folder-unusable": translate(
            "hints", "Give yourself the right to read and write it, then start Pillarbox again."
        ),
        "log-unwritable": translate("hints", "Make the folder writable for yourself."),
        "loop-backup-given": translate(
            "hints",
            "Restore the wallet that it belongs to: its static address is found when that account is added. "
            'If it belongs to an lnd node, choose "A Loop backup and my lnd seed".',
        ),
        "loop-no-backup": translate("hints", "Choose the file itself, wherever it lies."),
        "loop-no-usable-backup": translate(
            "hints",
            "Choose another file, open the wallet that wrote it, or knowingly begin anew and pay again.",
        ),
        "loop-key-not-found": translate("hints", "Open the wallet with its words, or take another file."),
        "no-lightning-node": translate(
            "hints", "Name a node with its macaroon and certificate, or pay by hand and paste the preimage."
        ),
        "exit-height-unknown": translate("hints", "Choose a server in Settings, then try again."),
        "exit-not-there": translate("hints", "Look at the account's deposits."),
        "exit-no-account": translate("hints", "Add an account, or enter an address."),
        "l402-invoice-over": translate(
            "hints",
            "If it was paid in time, paste its proof (the preimage). Else discard it and begin again: "
            "the server makes a new invoice.",
        ),
        "l402-too-dear": translate(
            "hints",
            'Raise "Pay at most" where the account is added, if the token is worth that much to you. Or '
            "choose another server.",
        ),
        "no-such-token": translate("hints", "Look at the static address: its strip tells of the token."),
    }
