"""What a backup would bring, and what a restore brought, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from pillarbox.errors import ErrorText
from pillarbox.flows.restore_steps import FileFacts
from pillarbox.model.restoring import Outcome, RestoreReport
from pillarbox_gui.theme.tokens import Tone
from pillarbox_gui.wording.amounts import group_digits
from pillarbox_gui.wording.errors import window_words
from pillarbox_gui.wording.times import Calendar, counted

MOST_NAMES = 3
MOST_REASONS = 8
"""So many of one kind are told; that there are more is said."""

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One thing that became of a restore. `detail` is empty where there is no more to say."""

    tone: Tone
    icon: str
    text: str
    detail: str = ""


def file_stem(name: str) -> str:
    """A backup's name without what all of them end in."""
    return name.removesuffix(".pillarbox-backup")


def file_sentence(file: FileFacts, calendar: Calendar, now: int) -> str:
    """Which backup it is, for whoever is to open it."""
    if not file.created_at:
        return translate("restore", 'The backup is "{name}".').format(name=file_stem(file.name))
    said = (
        translate("restore", 'The backup is "{name}", written {when} by the wallet {fingerprint}.')
        if file.fingerprint
        else translate("restore", 'The backup is "{name}", written {when}.')
    )
    return said.format(
        name=file_stem(file.name), when=calendar.ago(file.created_at, now), fingerprint=file.fingerprint
    )


def opened_by(file: FileFacts) -> str:
    """What opens a file."""
    if file.trouble is not None:
        return translate("restore", "Cannot be used")
    if file.needs_passphrase:
        return translate("restore", "Its passphrase")
    return translate("restore", "Recovery words")


def counts_words(counts: Mapping[str, int]) -> str:
    """ "2 accounts, 12 payment requests": what people know by a name, then all the rest."""
    known = _sections()
    parts = [counted(counts[name], *known[name]) for name in known if counts.get(name)]
    if others := sum(count for name, count in counts.items() if name not in known):
        parts.append(
            counted(others, translate("restore", "1 other record"), translate("restore", "{n} other records"))
        )
    return ", ".join(parts)


def merge_words(report: RestoreReport) -> str:
    """What a merge would do, in a sentence or two."""
    restored = counts_words(_by_section(report, Outcome.RESTORED))
    if not restored:
        return translate("restore", "It has everything of this backup already.")
    said = translate("restore", "It would get {what}.").format(what=restored)
    if conflicts := report.count(Outcome.CONFLICT):
        stays = counted(
            conflicts,
            translate("restore", "1 record is another one there, and stays."),
            translate("restore", "{n} records are others there, and stay."),
        )
        said = f"{said} {stays}"
    return said


def report_lines(report: RestoreReport) -> list[ReportLine]:
    """What came back, what was there, and each thing that did not come back with the reason."""
    found = []
    if restored := counts_words(_by_section(report, Outcome.RESTORED)):
        found.append(ReportLine(Tone.GOOD, "check", translate("restore", "Restored"), restored))
    known = {name: n for name, n in _by_section(report, Outcome.UNCHANGED).items() if name in _sections()}
    if unchanged := counts_words(known):
        found.append(ReportLine(Tone.QUIET, "info", translate("restore", "Was here already"), unchanged))
    for outcome, tone, icon in (
        (Outcome.CONFLICT, Tone.WAITING, "warning"),
        (Outcome.SKIPPED, Tone.WAITING, "warning"),
        (Outcome.FAILED, Tone.BAD, "error"),
    ):
        reasons = [item.reason for item in report.items if item.outcome is outcome and item.reason]
        found += reason_lines(reasons, tone, icon)
        if (count := report.count(outcome)) and not reasons:
            found.append(ReportLine(tone, icon, _outcome_words(outcome, count)))
    return found


def passed_over_lines(files: Sequence[FileFacts]) -> list[ReportLine]:
    """Files that were looked at and not taken, under each reason."""
    by_reason: dict[str, list[str]] = {}
    for file in files:
        why = translate("restore", "Not needed") if file.trouble is None else file.trouble.title
        by_reason.setdefault(why, []).append(file_stem(file.name))
    return [ReportLine(Tone.WAITING, "warning", why, _few(names)) for why, names in by_reason.items()]


def _few(names: Sequence[str]) -> str:
    each = list(dict.fromkeys(names))
    said = ", ".join(each[:MOST_NAMES])
    if len(each) <= MOST_NAMES:
        return said
    return translate("restore", "{names} and {n} more").format(names=said, n=len(each) - MOST_NAMES)


def reason_lines(reasons: Iterable[ErrorText], tone: Tone, icon: str) -> list[ReportLine]:
    """Each reason once; of very many the first few."""
    each = list(dict.fromkeys(reasons))
    said = map(window_words, each[:MOST_REASONS])
    lines = [ReportLine(tone, icon, r.title, f"{r.message} {r.hint}".strip()) for r in said]
    if (more := len(each) - MOST_REASONS) > 0:
        lines.append(ReportLine(tone, icon, translate("restore", "And {n} more like these").format(n=more)))
    return lines


def _outcome_words(outcome: Outcome, count: int) -> str:
    said = {
        Outcome.CONFLICT: translate("restore", "Something else was here, and stays: {n}"),
        Outcome.SKIPPED: translate("restore", "Left out, and still in the backup file: {n}"),
        Outcome.FAILED: translate("restore", "Could not be restored: {n}"),
    }[outcome]
    return said.format(n=count)


def _by_section(report: RestoreReport, outcome: Outcome) -> dict[str, int]:
    sections = dict.fromkeys(item.section for item in report.items)
    return {section: report.counted(section, outcome) for section in sections}


def _sections() -> dict[str, tuple[str, str]]:
    """By the names that a backup gives its parts: one of it, and many."""
    return {
        "accounts": (translate("restore", "1 account"), translate("restore", "{n} accounts")),
        "requests": (translate("restore", "1 payment request"), translate("restore", "{n} payment requests")),
        "labels": (translate("restore", "1 label"), translate("restore", "{n} labels")),
        "hand-outs": (
            translate("restore", "1 hand-out of an address"),
            translate("restore", "{n} hand-outs of addresses"),
        ),
        "used": (translate("restore", "1 used address"), translate("restore", "{n} used addresses")),
        "static-addresses": (
            translate("restore", "1 static address"),
            translate("restore", "{n} static addresses"),
        ),
        "l402-tokens": (translate("restore", "1 paid token"), translate("restore", "{n} paid tokens")),
        "indexer-keys": (translate("restore", "1 project key"), translate("restore", "{n} project keys")),
        "lightning-nodes": (
            translate("restore", "1 Lightning node"),
            translate("restore", "{n} Lightning nodes"),
        ),
        "program": (translate("restore", "1 setting"), translate("restore", "{n} settings")),
    }


def wider_words() -> str:
    """What a wider scan is good for."""
    return translate(
        "restore",
        "Pillarbox stops looking where many addresses in a row were never paid. If you handed out many, let "
        "it look further: what it finds is added, and nothing is lost.",
    )


def scanned_wider(gap_limit: int) -> str:
    """What goes on once it was asked for."""
    return translate(
        "restore", "Looking {n} addresses beyond the last used one of each account, as servers answer."
    ).format(n=group_digits(gap_limit))
