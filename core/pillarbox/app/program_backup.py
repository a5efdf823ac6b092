"""What a backup has of the program's own settings: servers, their certificates, and the rest."""

import json
from collections.abc import Mapping
from dataclasses import fields
from hashlib import sha256
from typing import Any

from pillarbox.app.connections import Connections
from pillarbox.app.settings import Settings, Values
from pillarbox.backup.content import SectionData, SectionLines
from pillarbox.chain.certificates import VOUCHED_FOR
from pillarbox.errors import PillarboxError
from pillarbox.model.restoring import Outcome, ReportItem
from pillarbox.wallet.backup_sealing import PROGRAM

_SETTINGS, _PINS = "settings", "server-pins"


class SettingDiffersError(PillarboxError):
    """Parameters: setting."""

    code = "backup-setting-differs"
    title = "A setting is another one here"
    message = "{setting} is set to something else in the backup. What was set here stays."
    hint = "Change it in the settings, if the backup's is the right one."


class SettingUnusableError(PillarboxError):
    """Parameters: setting."""

    code = "backup-setting-unusable"
    title = "A setting of the backup cannot be used"
    message = "{setting} of the backup makes no sense to this version. It was left out."
    hint = "Set it by hand in the settings."


def export(settings: Settings, connections: Connections) -> SectionLines:
    """A section of two records."""
    pins = {name: pin.hex() for name, pin in connections.pins.all().items()}
    rows = [(_SETTINGS, settings.values.text()), (_PINS, json.dumps(pins))]
    return SectionLines.of_rows(PROGRAM, 1, ("name", "value"), rows)


def restore(section: SectionData | None, settings: Settings, connections: Connections) -> list[ReportItem]:
    """Set what is not set here. Nothing that was chosen here is changed."""
    found = _texts(section)
    items: list[ReportItem] = []
    defaults, given = Values(), found.get(_SETTINGS, {})
    for name in (each.name for each in fields(Values)):
        if name in given and given[name] != getattr(defaults, name):
            items += _restore_setting(name, given[name], settings)
    for server, pin in found.get(_PINS, {}).items():
        items.append(_restore_pin(server, pin, connections))
    return items


def _texts(section: SectionData | None) -> dict[str, Mapping[str, Any]]:
    """The JSON objects of the records, by name; those that are none are left out."""
    found: dict[str, Mapping[str, Any]] = {}
    for row in section.rows if section is not None else ():
        values = dict(zip(section.fields if section else (), row, strict=True))
        try:
            value = json.loads(str(values.get("value")))
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            found[str(values.get("name"))] = value
    return found


def _restore_setting(name: str, value: Any, settings: Settings) -> list[ReportItem]:
    if name == "servers":
        return _restore_servers(value, settings)
    here = getattr(settings.values, name)
    if here == value:
        return [ReportItem(PROGRAM, Outcome.UNCHANGED, 1)]
    if here != getattr(Values(), name):
        error = SettingDiffersError(setting=name)
        return [ReportItem(PROGRAM, Outcome.CONFLICT, 1, error.text)]
    return [_change(settings, name, value)]


def _restore_servers(value: Any, settings: Settings) -> list[ReportItem]:
    """The lists of chains for which none is chosen here."""
    if not isinstance(value, dict):
        return [ReportItem(PROGRAM, Outcome.SKIPPED, 1, SettingUnusableError(setting="servers").text)]
    items = []
    for chain, servers in value.items():
        here = settings.values.servers.get(chain)
        if here == servers:
            items.append(ReportItem(PROGRAM, Outcome.UNCHANGED, 1))
        elif here:
            error = SettingDiffersError(setting=f"the server of {chain}")
            items.append(ReportItem(PROGRAM, Outcome.CONFLICT, 1, error.text))
        else:
            items.append(_change(settings, "servers", {**settings.values.servers, chain: servers}))
    return items


def _change(settings: Settings, name: str, value: Any) -> ReportItem:
    try:
        settings.change(**{name: value})
    except (PillarboxError, OSError):  # another version's, or the disk is full: everything else is restored
        return ReportItem(PROGRAM, Outcome.SKIPPED, 1, SettingUnusableError(setting=name).text)
    return ReportItem(PROGRAM, Outcome.RESTORED, 1)


def _restore_pin(server: str, pin: Any, connections: Connections) -> ReportItem:
    name = f"the certificate of {server[:80]}"
    try:
        wanted = _fingerprint(pin)
        here = connections.pins.get(server)
    except (ValueError, TypeError, PillarboxError):
        return ReportItem(PROGRAM, Outcome.SKIPPED, 1, SettingUnusableError(setting=name).text)
    if here == wanted:
        return ReportItem(PROGRAM, Outcome.UNCHANGED, 1)
    if here is not None:
        return ReportItem(PROGRAM, Outcome.CONFLICT, 1, SettingDiffersError(setting=name).text)
    connections.pins.set(server, wanted)
    return ReportItem(PROGRAM, Outcome.RESTORED, 1)


def _fingerprint(text: Any) -> bytes:
    """SHA-256 of a certificate. Raises ValueError, TypeError."""
    pin = bytes.fromhex(text)
    if len(pin) not in (len(VOUCHED_FOR), sha256().digest_size):
        raise ValueError(text)
    return pin
