"""Whatever is typed ends in a promised exit status, and never in a defect."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from command_lines import CommandLine

HEADS = [
    ["wallet", "show"],
    ["wallet", "import"],
    ["wallet", "lock"],
    ["wallet", "unlock"],
    ["wallet", "list"],
    ["account", "add"],
    ["receive"],
    ["addresses"],
    ["release"],
    ["mark-used"],
    ["sync"],
    ["inspect", "address"],
    ["inspect", "derive"],
]
OPTIONS = [
    *(
        "--label",
        "--amount",
        "--hold",
        "--count",
        "--at-limit",
        "--unscanned",
        "--branch",
        "--state",
        "--from",
    ),
    *(
        "--limit",
        "--undo",
        "--electrum",
        "--once",
        "--watch",
        "--network",
        "--xpub",
        "--descriptor",
        "--account",
    ),
    *("--mnemonic-file", "--passphrase-file", "-", "--", "0", "-1", "99999999999999999999", "regtest"),
]
TAILS = st.lists(st.sampled_from(OPTIONS) | st.text(max_size=8), max_size=4)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(HEADS), TAILS, st.text(max_size=20))
def test_whatever_is_typed_ends_in_a_promised_status(
    pillarbox: CommandLine, head: list[str], tail: list[str], typed: str
) -> None:
    ended = pillarbox(*head, *tail, "--json", typed=typed)
    assert ended.status in (0, 1, 2)
    assert "Traceback" not in ended.err
    if "--help" not in tail and not ended.out.startswith("usage"):
        codes = [json.loads(line).get("error", {}).get("code") for line in ended.out.splitlines()]
        assert "internal" not in codes
