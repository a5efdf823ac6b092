import json
from pathlib import Path

import pytest
from coincurve import PublicKey
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.accounts.descriptor import (
    INPUT_CHARACTERS,
    Descriptor,
    DescriptorChecksumError,
    DescriptorNotAnAccountError,
    DescriptorPrivateKeyError,
    DescriptorUnreadableError,
    DescriptorUnsupportedError,
    account_key,
    checksum,
    named_kind,
    parse_descriptor,
    with_checksum,
)
from pillarbox.bitcoin.script import address_to_script
from pillarbox.errors import PillarboxError
from pillarbox.keys.extended_key import ExtendedKeyError, ScriptType
from pillarbox.model.network import Network

KEYS = json.loads(Path(__file__).parents[2].joinpath("vectors/extended_keys.json").read_text())["keys"]
XPUB = KEYS["xpub_86"]
ZPUB = KEYS["zpub_84"]
XPRV = KEYS["xprv_master"]
WIF = "L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1"
OLD_WIF = "5KYZdUEo39z3FPrtuX2QbbwGnNP5zTd7yyr2SC1j299sBCnWjss"
ORIGIN = "[73c5da0a/86h/0h/0h]"
POINT = "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
X_ONLY = "a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"

SHAPES = [
    ("pkh({})", ScriptType.P2PKH, "bitcoin-p2pkh"),
    ("sh(wpkh({}))", ScriptType.P2SH_P2WPKH, "bitcoin-p2sh-p2wpkh"),
    ("wpkh({})", ScriptType.P2WPKH, "bitcoin-p2wpkh"),
    ("tr({})", ScriptType.P2TR, "bitcoin-p2tr"),
]


@pytest.mark.parametrize(("shape", "script", "kind"), SHAPES)
@pytest.mark.parametrize(("path", "branches"), [("/0/*", (0,)), ("/1/*", (1,)), ("/<0;1>/*", (0, 1))])
@pytest.mark.parametrize("origin", ["", ORIGIN])
@pytest.mark.parametrize("summed", [True, False])
def test_every_shape_names_its_kind_key_and_branches(
    shape: str, script: ScriptType, kind: str, path: str, branches: tuple[int, ...], origin: str, summed: bool
) -> None:
    body = shape.format(f"{origin}{XPUB}{path}")
    described = parse_descriptor(with_checksum(body) if summed else body)
    assert (described.script, described.kind, described.branches) == (script, kind, branches)
    assert described.key is not None
    assert described.key.script is script
    assert str(described.key.origin) == (ORIGIN[1:-1] if origin else "None")


@pytest.mark.parametrize(
    ("descriptor", "script"),
    [
        (f"pkh({POINT})", "76a91406afd46bcdfd22ef94ac122aa11f241244a37ecc88ac"),
        (
            "sh(wpkh(03fff97bd5755eeea420453a14355235d382f6472f8568a18b2f057a1460297556))",
            "a914cc6ffbc0bf31af759451068f90ba7a0272b6b33287",
        ),
        (
            "wpkh(02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9)",
            "00147dd65592d0ab2fe0d0257d571abf032cd9db93dc",
        ),
        (f"tr({X_ONLY})", "512077aab6e066f8a7419c5ab714c12c67d25007ed55a43cadcacb4d7a970a093f11"),
        (f"tr(02{X_ONLY})", "512077aab6e066f8a7419c5ab714c12c67d25007ed55a43cadcacb4d7a970a093f11"),
    ],
)
def test_a_bare_key_has_one_address(descriptor: str, script: str) -> None:
    described = parse_descriptor(descriptor)
    assert (described.key, described.branches) == (None, ())
    for network in Network:
        assert address_to_script(described.single_address(network), network).hex() == script


def test_a_bare_key_may_have_an_origin() -> None:
    assert parse_descriptor(f"wpkh([d34db33f/44'/0'/0']{POINT})").point == bytes.fromhex(POINT)


def test_an_account_has_no_single_address() -> None:
    with pytest.raises(ValueError, match="many"):
        parse_descriptor(f"wpkh({XPUB}/0/*)").single_address(Network.MAINNET)


def test_the_published_checksum() -> None:
    assert checksum("raw(deadbeef)") == "89f8spxm"
    with pytest.raises(DescriptorUnsupportedError):
        parse_descriptor("raw(deadbeef)#89f8spxm")


@pytest.mark.parametrize(
    "text",
    [
        "raw(deadbeef)#",
        "raw(deadbeef)#89f8spxmx",
        "raw(deadbeef)#89f8spx",
        "raw(dedbeef)#89f8spxm",
        "raw(deadbeef)##9f8spxm",
        "raw(deadbeef)#89F8SPXM",
    ],
)
def test_the_published_bad_checksums_are_refused(text: str) -> None:
    with pytest.raises(DescriptorChecksumError):
        parse_descriptor(text)


def test_a_letter_that_descriptors_do_not_have_is_refused() -> None:
    with pytest.raises(DescriptorUnreadableError):
        parse_descriptor("raw(Ü)#00000000")


@given(st.sampled_from(SHAPES), st.data())
def test_one_changed_character_is_refused(shape: tuple[str, ScriptType, str], data: st.DataObject) -> None:
    text = with_checksum(shape[0].format(f"{ORIGIN}{XPUB}/<0;1>/*"))
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from([letter for letter in INPUT_CHARACTERS if letter != text[place]]))
    with pytest.raises(PillarboxError):
        parse_descriptor(text[:place] + other + text[place + 1 :])


@pytest.mark.parametrize("secret", [XPRV, f"{ORIGIN}{XPRV}/0/*", f"tprv{XPRV[4:]}/0h/*h", WIF, OLD_WIF])
@pytest.mark.parametrize(
    "shape", ["wpkh({})", "wpkh({})#00000000", "multi(1,{})", "tr({}", "wsh(pk({}))", "{}()"]
)
def test_private_keys_are_refused_before_anything_else_and_not_repeated(secret: str, shape: str) -> None:
    with pytest.raises(DescriptorPrivateKeyError) as caught:
        parse_descriptor(shape.format(secret))
    assert caught.value.code == "descriptor-has-private-key"
    assert not caught.value.parameters


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"multi(1,{POINT})", "multi(...)"),
        (f"sh(multi(1,{POINT},{POINT}))", "sh(multi(...))"),
        (f"wsh(sortedmulti(2,{XPUB}/0/*,{XPUB}/1/*))", "wsh(sortedmulti(...))"),
        (f"wsh(and_v(v:pk({POINT}),older(144)))", "wsh(and_v(...))"),
        (f"pk({POINT})", "pk(...)"),
        (f"sh(pkh({POINT}))", "sh(pkh(...))"),
        (f"combo({POINT})", "combo(...)"),
        (f"rawtr({X_ONLY})", "rawtr(...)"),
        ("addr(bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4)", "addr(...)"),
        (f"tr({X_ONLY},pk({X_ONLY}))", "tr(..., ...)"),
        (f"tr({X_ONLY},{{pk({X_ONLY}),pk({X_ONLY})}})", "tr(..., ...)"),
        (f"wpkh({XPUB}/0h/*)", "private key"),
        (f"wpkh({XPUB}/0/*')", "private key"),
        (f"wpkh({XPUB}/0/*h)", "private key"),
        (f"wpkh({XPUB}/2/*)", "path /2/*"),
        (f"wpkh({XPUB}/*)", "path /*"),
        (f"wpkh({XPUB}/0/5)", "path /0/5"),
        (f"wpkh({XPUB}/<1;0>/*)", "path /<1;0>/*"),
        (f"wpkh({XPUB})", "single extended key"),
        ("pkh(04" + "11" * 64 + ")", "uncompressed"),
    ],
)
def test_other_shapes_are_refused_by_name(text: str, named: str) -> None:
    for form in (text, with_checksum(text)):
        with pytest.raises(DescriptorUnsupportedError) as caught:
            parse_descriptor(form)
        assert named in str(caught.value.parameters["what"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "wpkh",
        "wpkh()",
        f"wpkh({XPUB}/0/*",
        f"wpkh({XPUB}/0/*))",
        f"sh(wpkh({XPUB}/0/*)",
        f"wpkh({XPUB}/0/*)x",
        f"({XPUB}/0/*)",
        f"wpkh({X_ONLY})",
        f"tr({'ff' * 32})",
        f"wpkh(02{'ff' * 32})",
        f"wpkh({POINT[:-1]})",
        f"wpkh({POINT}/0/*)",
        f"tr({ZPUB}/0/*)",
        f"wpkh([73c5da0a/84h{XPUB}/0/*)",
        f"wpkh({XPUB[:-1]}R/0/*)",
    ],
)
def test_what_is_no_descriptor_is_refused(text: str) -> None:
    with pytest.raises((DescriptorUnreadableError, ExtendedKeyError, DescriptorUnsupportedError)):
        parse_descriptor(text)


def test_spaces_around_do_not_matter() -> None:
    text = with_checksum(f"wpkh({XPUB}/0/*)")
    assert parse_descriptor(f"\n {text} ") == parse_descriptor(text)


def test_an_account_key_comes_from_a_key_or_a_descriptor() -> None:
    assert account_key(ZPUB).script is ScriptType.P2WPKH
    assert account_key(XPUB).script is None
    described = account_key(f"tr({ORIGIN}{XPUB}/<0;1>/*)")
    assert (described.script, described.node) == (ScriptType.P2TR, account_key(XPUB).node)
    for text in (f"tr({XPUB}/1/*)", f"tr({X_ONLY})"):
        with pytest.raises(DescriptorNotAnAccountError):
            account_key(text)


def test_a_key_or_a_descriptor_names_its_kind_or_leaves_it_open() -> None:
    texts = (ZPUB, f"tr({XPUB}/0/*)", f"sh(wpkh({XPUB}/<0;1>/*))", XPUB)
    assert [named_kind(text) for text in texts] == [
        "bitcoin-p2wpkh",
        "bitcoin-p2tr",
        "bitcoin-p2sh-p2wpkh",
        None,
    ]


@given(st.text(INPUT_CHARACTERS, max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        described = parse_descriptor(text)
    except PillarboxError:
        return
    assert isinstance(described, Descriptor)


@given(st.binary(min_size=32, max_size=32).filter(lambda secret: any(secret) and secret[0] < 0xFF))
def test_the_parity_of_a_taproot_key_does_not_matter(secret: bytes) -> None:
    point = PublicKey.from_secret(secret).format()
    texts = (point[1:].hex(), f"02{point[1:].hex()}", f"03{point[1:].hex()}")
    assert len({parse_descriptor(f"tr({text})").single_address(Network.MAINNET) for text in texts}) == 1
