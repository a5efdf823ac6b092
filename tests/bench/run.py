"""Run every benchmark beside its peers, and write build/bench.json.

usage: python tests/bench/run.py [NAME...]     (NAME: bench_derivation ...; all of them if none is given)

A benchmark is a module bench_*.py with a function run() that gives its entries by name, each a dictionary of
`value`, `unit`, and where they apply `target`, `peer`, `peer_value` and `ratio`. A target is meant for the
ratio where there is one, for the value otherwise. More is better where the unit is a rate, less where it is a
time or a size. Missed targets are listed and are no failure; a benchmark or a peer that did not run is.
"""

import json
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULT = HERE.parents[1] / "build" / "bench.json"
FIELDS = frozenset({"value", "unit", "target", "peer", "peer_value", "ratio"})

Entry = Mapping[str, Any]


def main(names: list[str]) -> int:
    entries: dict[str, Entry] = {}
    failures: list[str] = []
    for name in names or sorted(file.stem for file in HERE.glob("bench_*.py")):
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            measured = in_a_process_of_its_own(name)
        except Exception as error:  # noqa: BLE001  # whatever ends one benchmark, the others still run
            failures.append(f"{name} did not run: {type(error).__name__}: {error}")
            continue
        entries |= measured
        failures += [f"{name}: {reason}" for key, entry in measured.items() for reason in defects(key, entry)]
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
    print(table(entries))
    for title, lines in [("Missed targets:", missed(entries)), ("Failed:", failures)]:
        if lines:
            print("\n  ".join(["", title, *lines]).lstrip("\n "))
    return 1 if failures else 0


def in_a_process_of_its_own(name: str) -> dict[str, Entry]:
    """What the benchmark measured. No other one has filled its memory or its caches before."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
        return process.submit(measure, name).result()


def measure(name: str) -> dict[str, Entry]:
    sys.path.insert(0, str(HERE))
    entries: dict[str, Entry] = import_module(name).run()
    return entries


def defects(name: str, entry: Entry) -> list[str]:
    """Why an entry is no result: a field that is missing or unknown, a peer that was not measured."""
    found = [f"{name} lacks {field}" for field in ("value", "unit") if entry.get(field) is None]
    found += [f"{name} has an unknown field, {field}" for field in sorted(entry.keys() - FIELDS)]
    if "peer" in entry and (entry.get("peer_value") is None or entry.get("ratio") is None):
        found.append(f"{name}: the peer {entry['peer']} did not run")
    return found


def missed(entries: Mapping[str, Entry]) -> list[str]:
    return [
        f"{name}: {judged(entry):g}, target {entry['target']:g}"
        for name, entry in entries.items()
        if "target" in entry and not meets_target(entry)
    ]


def judged(entry: Entry) -> float:
    return float(entry.get("ratio", entry["value"]))


def meets_target(entry: Entry) -> bool:
    if entry["unit"].endswith("/s"):
        return judged(entry) >= entry["target"]
    return judged(entry) <= entry["target"]


def table(entries: Mapping[str, Entry]) -> str:
    """The entries in aligned columns."""
    rows = [("benchmark", "value", "unit", "target", "peer", "its value", "ratio")]
    for name, entry in entries.items():
        fields = [
            entry.get(field, "") for field in ("value", "unit", "target", "peer", "peer_value", "ratio")
        ]
        rows.append((name, *(f"{field:g}" if isinstance(field, float) else str(field) for field in fields)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
