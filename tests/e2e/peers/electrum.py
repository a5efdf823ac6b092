"""An Electrum server on top of the node, and a witness that says what it knows."""

import hashlib
import json
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from peers.bitcoin_node import BitcoinNode
from peers.peer_process import PeerProcess
from peers.set_up import Peers

START_SECONDS = 30
REPLY_SECONDS = 30


class ServerRefusedError(Exception):
    """The Electrum server answered a request with an error."""


class ElectrumServer:
    """Ready once constructed: it has followed the node to its tip and answers on `tcp_port` and `tls_port`.

    With `delay_replies` it holds replies back for up to a second and pads them, as public servers do.
    """

    def __init__(
        self,
        peers: Peers,
        node: BitcoinNode,
        folder: Path,
        *,
        delay_replies: bool = False,
        ports: tuple[int, int] | None = None,
    ) -> None:
        self._folder = folder
        self._python = peers.electrum_python
        self._node = node
        self._options = ["--delay-replies"] if delay_replies else []
        self.tcp_port, self.tls_port = ports or free_ports(2)
        self.certificate = folder / "certificate.pem"
        self.new_certificate()
        self.start()

    def new_certificate(self) -> None:
        """Make another self-signed certificate, which the server shows from its next start."""
        make_certificate(self.certificate, self._folder / "key.pem")

    def start(self) -> None:
        script = Path(__file__).with_name("electrum_server.py")
        self._process = PeerProcess(
            "electrum", [self._python, script, *self._options], self._folder, self._environment()
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def _environment(self) -> dict[str, str]:
        host = "127.0.0.1"
        return {
            "COIN": "Bitcoin",
            "NET": "regtest",
            "DB_ENGINE": "leveldb",
            "DB_DIRECTORY": str(self._folder),
            "DAEMON_URL": self._node.rpc_url,
            "SERVICES": f"tcp://{host}:{self.tcp_port},ssl://{host}:{self.tls_port}",
            "SSL_CERTFILE": str(self.certificate),
            "SSL_KEYFILE": str(self._folder / "key.pem"),
            "PEER_DISCOVERY": "off",
            "PEER_ANNOUNCE": "",
            "ALLOW_ROOT": "1",
            "CACHE_MB": "50",
            "COST_SOFT_LIMIT": "0",
            "COST_HARD_LIMIT": "0",
            "DAEMON_POLL_INTERVAL_BLOCKS": "100",
            "DAEMON_POLL_INTERVAL_MEMPOOL": "100",
        }

    def _wait_until_ready(self) -> None:
        """The ports open once the node's blocks and mempool are known."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.tls_port), timeout=1).close()
            except OSError:
                self._process.check_alive()
                time.sleep(0.02)
            else:
                return
        raise self._process.failed(f"was not ready after {START_SECONDS} s")

    def stop(self) -> None:
        self._process.stop()


class Witness:
    """Asks an Electrum server directly, one blocking request at a time: what it knows, and since when."""

    def __init__(self, port: int, *, tls: bool = False) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=REPLY_SECONDS)
        self.certificate: bytes | None = None
        """What the server showed, DER."""
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            secured = context.wrap_socket(self._socket)
            self.certificate = secured.getpeercert(binary_form=True)
            self._socket = secured
        self._lines = self._socket.makefile("rb")
        self._sent = 0
        self.last_line = b""
        """As it came, padding included."""
        self.ask("server.version", "witness", "1.4")

    def ask(self, method: str, *parameters: Any) -> Any:
        """The result, whatever notifications come before it. Raises ServerRefusedError."""
        self._sent += 1
        request = {"jsonrpc": "2.0", "id": self._sent, "method": method, "params": parameters}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            self.last_line = self._lines.readline()
            reply = json.loads(self.last_line)
            if reply.get("id") == self._sent:
                break
        if "error" in reply:
            raise ServerRefusedError(f"{method}: {reply['error']}")
        return reply["result"]

    def height(self) -> int:
        return int(self.ask("blockchain.headers.subscribe")["height"])

    def history(self, script: bytes) -> Sequence[dict[str, Any]]:
        return list(self.ask("blockchain.scripthash.get_history", script_hash(script)))

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def script_hash(script: bytes) -> str:
    """The protocol's name for an output script."""
    return hashlib.sha256(script).digest()[::-1].hex()


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on just now, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def make_certificate(certificate: Path, key: Path) -> None:
    """A self-signed certificate for localhost and its key, as PEM files, good for a month around now."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(names, critical=False)
        .sign(private_key, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
