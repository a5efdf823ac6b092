"""An account kind as plain text for people."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_PAYMENTS: Mapping[str, str] = MappingProxyType(
    {
        "server": "a server tells of them: pillarbox sync NAME",
        "report": "a balance report tells of them: pillarbox balances NAME ACCOUNT report.json",
        "nobody": "nobody tells of them: pillarbox mark-used NAME ADDRESS",
    }
)
"""By `told_by`: who tells which addresses were paid."""


def kind_text(kind: Any) -> str:
    """Its name alone on the first line, and below it what it is for and what it takes."""
    told = {
        "is": f"{kind['title']}. {kind['sentence']}",
        "networks": ", ".join(kind["networks"]),
        "made from": _source(kind),
        "takes": ", ".join(map(_option, kind["extras"])),
        "payments": _PAYMENTS[kind["told_by"]],
        "report": _report(kind) if kind["told_by"] == "report" else "",
        "note": kind.get("note", ""),
    }
    lines = (f"  {name.ljust(10)}  {value}" for name, value in told.items() if value)
    return "\n".join((kind["kind"], *lines))


def _source(kind: Any) -> str:
    if kind["server"]:
        return "the recovery words and a server of its own (--server URL); never watch-only"
    if kind["words_for_each_address"]:
        return "the recovery words, for each address; never watch-only"
    return "the recovery words once, or a public key (watch-only)"


def _option(extra: Any) -> str:
    option = f"--{extra['name'].replace('_', '-')}"
    return f"{option} N ({extra['default']} if left out)"


def _report(kind: Any) -> str:
    units = f"{10 ** kind['decimals']:,} {kind['unit']}s"
    return f"a JSON object from address to balance in {kind['unit']}s; 1 {kind['ticker']} is {units}"
