"""Backups and restores as plain text for people."""

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pillarbox.cli.text import Row, moment, printable

_STATES: Mapping[str, str] = {
    "never": "There is no backup yet.",
    "changed": "The wallet changed since the newest backup; another is being written.",
    "written": "The newest backup has everything.",
    "verified": "The newest backup was read again and has everything.",
    "drilled": "The newest backup was restored into a throwaway wallet, and everything was the same.",
    "failed": "The last backup failed.",
}
LISTED_HEAD = ("WRITTEN", "NETWORK", "WALLET", "OPENED BY", "FILE")


def status_text(found: Any) -> str:
    """The state in a sentence, the reason where there is one, and where the newest files are."""
    when = f" ({moment(found['at'])})" if found["at"] is not None else ""
    lines = [f"{_STATES[found['state']]}{when}"]
    if found["reason"]:
        lines.append(printable(found["reason"]))
    newest = max((file["revision"] for file in found["files"]), default=0)
    lines += [f"  {printable(file['path'])}" for file in found["files"] if file["revision"] == newest]
    older = sum(file["revision"] != newest for file in found["files"])
    if older:
        lines.append(f"  and {older} older")
    alone = len({Path(file["path"]).parent for file in found["files"]}) == 1
    if alone and not found["missing_folders"]:
        lines.append(
            "They lie on this computer alone, in one folder. Name another, on a stick or elsewhere: "
            "pillarbox backup folders NAME --add DIR"
        )
    return "\n".join(lines)


def written_text(found: Any) -> str:
    """Where a bundle is, and what it is worth."""
    return (
        f"{printable(found['path'])}\n"
        "It holds the recovery words: whoever has it and its passphrase has the money."
    )


def folders_text(found: Any) -> str:
    missing = set(found["missing_folders"])
    lines = (
        f"{printable(folder)}{'  (not there now)' if folder in missing else ''}"
        for folder in found["folders"]
    )
    return "\n".join(lines) or "Backups go into the data folder alone."


def listed_row(found: Any) -> Row:
    if found["error"] is not None:
        return ("", "", "", printable(found["error"]["title"]), found["name"])
    by = "a passphrase" if found["opened_by"] == "passphrase" else "the words"
    return (moment(found["created_at"]), found["network"], found["fingerprint"], by, found["name"])


def verified_text(found: Any) -> str:
    """What a file holds."""
    counts = ", ".join(f"{count} {name}" for name, count in found["counts"].items() if count)
    lines = [
        "This backup is whole, and everything in it makes sense. Nothing was changed.",
        f"  wallet   {printable(found['wallet'])}, fingerprint {found['fingerprint'] or 'unknown'}",
        f"  written  {moment(found['created_at'])}, {found['network']}",
        f"  holds    {counts}",
    ]
    if "would_restore" in found:
        lines.append(f"  the wallet here lacks {found['would_restore']} of its records")
    lines += _reasons(found["left_out"])
    return "\n".join(lines)


def restored_text(found: Any) -> str:
    """The counts, then each thing that was not simply restored, with what to do."""
    would = "would be " if found["dry_run"] else ""
    lines = []
    if found.get("backup"):
        lines.append(f"From {printable(found['backup'])}")
    if found.get("created_at") is not None:
        lines.append(
            f"  written {moment(found['created_at'])}, {found['network']}, "
            f"fingerprint {found['fingerprint'] or 'unknown'}"
        )
    if found.get("note"):
        lines.append(found["note"])
    if found["items"]:
        lines.append(
            f"{found['restored']} records {would}restored, {found['unchanged']} unchanged, "
            f"{found['conflicts']} in conflict, {found['skipped']} skipped, {found['failed']} failed."
        )
    lines += _reasons(found.get("notes", ()))
    lines += _reasons(item["reason"] for item in found["items"] if item["reason"] is not None)
    lines += [
        f"Passed over {printable(each['path'])}: {each['error']['message']}"
        for each in found.get("passed_over", ())
        if each["error"] is not None
    ]
    if not found["dry_run"]:
        name = shlex.quote(printable(found["wallet"]))
        lines.append(
            f'"{printable(found["wallet"])}" is there. Let it look for payments: pillarbox sync {name}'
        )
        lines.append(f"Payments missing then? Look further: pillarbox sync {name} --gap-limit 200")
    return "\n".join(lines)


def _reasons(reasons: Iterable[Any]) -> list[str]:
    return [f"{printable(each['title'])}. {printable(each['message'])} {each['hint']}" for each in reasons]
