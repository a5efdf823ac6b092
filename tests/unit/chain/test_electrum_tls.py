"""Which certificates are trusted."""

import asyncio
from pathlib import Path

import pytest
from certificate_authority import Authority, Certificate, self_signed
from connecting import REGTEST, Pins, greeted, surroundings

from electrum_peer.scripted_server import ScriptedServer
from electrum_peer.synthetic_chain import SyntheticChain
from pillarbox.chain import electrum_protocol as protocol
from pillarbox.chain.electrum_errors import (
    CertificateChangedError,
    ElectrumError,
    ServerUnreachableError,
    TlsFailedError,
)
from pillarbox.chain.electrum_server import ElectrumServer
from pillarbox.chain.server_address import ServerAddress

pytestmark = pytest.mark.logs_warning("Error on transport creation for incoming connection")
"""asyncio's word on the server's side for a client that looks at a certificate and leaves."""


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that this machine trusts, for the length of a test."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    return made


async def connect_to(certificate: Certificate, pins: Pins, at: ServerAddress | None = None) -> ServerAddress:
    """Connect once to a server with this certificate, at the address of an earlier one if given."""
    scripted = ScriptedServer(SyntheticChain(), tls=certificate.context, port=at.port if at else 0)
    async with scripted, greeted(scripted.address, pins=pins) as server:
        await server.ask([protocol.ping()])
        return scripted.address


async def test_a_certificate_that_nobody_vouches_for_is_pinned_on_first_use(tmp_path: Path) -> None:
    pins, certificate = Pins(), self_signed(tmp_path, "first")
    address = await connect_to(certificate, pins)
    assert pins == {address.host_port: certificate.fingerprint}
    await connect_to(certificate, pins, address)
    assert pins == {address.host_port: certificate.fingerprint}


async def test_another_certificate_is_refused_and_both_are_named(tmp_path: Path) -> None:
    pins = Pins()
    first, second = self_signed(tmp_path, "first"), self_signed(tmp_path, "second")
    address = await connect_to(first, pins)
    with pytest.raises(CertificateChangedError) as caught:
        await connect_to(second, pins, address)
    for certificate in (first, second):
        assert certificate.fingerprint.hex(":").upper() in caught.value.text.message
    assert pins == {address.host_port: first.fingerprint}
    await connect_to(first, pins, address)


async def test_a_certificate_that_an_authority_vouches_for_needs_no_pin(authority: Authority) -> None:
    pins = Pins()
    address = await connect_to(authority.sign("first"), pins)
    assert pins == {address.host_port: b""}
    await connect_to(authority.sign("renewed"), pins, address)
    assert pins == {address.host_port: b""}


async def test_who_was_vouched_for_once_is_not_believed_without(authority: Authority, tmp_path: Path) -> None:
    pins = Pins()
    address = await connect_to(authority.sign("first"), pins)
    with pytest.raises(CertificateChangedError) as caught:
        await connect_to(self_signed(tmp_path, "later"), pins, address)
    assert "an authority vouched for" in caught.value.text.message


async def test_a_server_may_go_over_to_an_authority(authority: Authority, tmp_path: Path) -> None:
    pins = Pins()
    address = await connect_to(self_signed(tmp_path, "first"), pins)
    await connect_to(authority.sign("later"), pins, address)
    assert pins == {address.host_port: b""}


async def refused(address: ServerAddress, error: type[ElectrumError]) -> None:
    with pytest.raises(error) as caught:
        await ElectrumServer.connect(address, await surroundings(), REGTEST)
    assert type(caught.value) is error


@pytest.mark.parametrize(("said", "error"), [(b"what?\n", TlsFailedError), (b"", ServerUnreachableError)])
async def test_a_port_without_encryption_is_told_so(said: bytes, error: type[ElectrumError]) -> None:
    """A plain server says something to what it cannot read, or hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(said)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as plain:
        await refused(ServerAddress("127.0.0.1", plain.sockets[0].getsockname()[1]), error)


async def test_an_encrypted_port_asked_without_encryption_makes_no_sense(tmp_path: Path) -> None:
    async with ScriptedServer(SyntheticChain(), tls=self_signed(tmp_path, "it").context) as scripted:
        plain = ServerAddress(scripted.address.host, scripted.address.port, tls=False)
        with pytest.raises(ElectrumError):
            await ElectrumServer.connect(plain, await surroundings(), REGTEST)
