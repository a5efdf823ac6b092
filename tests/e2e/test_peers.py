"""The peers themselves: what the other end-to-end tests take for granted."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from peers.bitcoin_node import NodeRefusedError
from peers.electrum import ElectrumServer, ServerRefusedError, Witness, script_hash
from peers.payer import Output, output_script
from peers.regtest import FIRST_BLOCKS, Regtest
from peers.set_up import Peers

pytestmark = pytest.mark.e2e


def fresh_script() -> bytes:
    return b"\x00\x14" + os.urandom(20)


def test_the_chain_starts_past_the_activation_of_segwit(regtest: Regtest) -> None:
    assert regtest.node.height() >= FIRST_BLOCKS
    deployments = regtest.node.call("getblockchaininfo")["bip9_softforks"]
    assert deployments["segwit"]["status"] == "active"


def test_a_payment_appears_in_the_servers_history_and_then_in_a_block(regtest: Regtest) -> None:
    script = fresh_script()
    txid = regtest.payer.pay(script, 12_345_678)
    regtest.wait_until_known(script, txid)
    assert [entry["height"] for entry in regtest.witness.history(script)] == [0]

    height = regtest.mine()
    assert [(entry["tx_hash"], entry["height"]) for entry in regtest.witness.history(script)] == [
        (txid, height)
    ]
    balance = regtest.witness.ask("blockchain.scripthash.get_balance", script_hash(script))
    assert balance == {"confirmed": 12_345_678, "unconfirmed": 0}


def test_one_transaction_pays_many_scripts(regtest: Regtest) -> None:
    scripts = [fresh_script() for _ in range(300)]
    txid = regtest.payer.pay_all([Output(script, 10_000) for script in scripts])
    regtest.mine()
    for script in scripts[::50]:
        assert [entry["tx_hash"] for entry in regtest.witness.history(script)] == [txid]


def test_coins_split_from_a_reward_pay_many_transactions(regtest: Regtest) -> None:
    script = fresh_script()
    coins = regtest.payer.split(40, 20_000)
    txids = {regtest.payer.pay_all([Output(script, 10_000)], coin) for coin in coins}
    regtest.mine()
    assert {entry["tx_hash"] for entry in regtest.witness.history(script)} == txids


def test_a_reorganisation_takes_a_payment_away(regtest: Regtest) -> None:
    script = fresh_script()
    regtest.payer.pay(script, 50_000)
    regtest.mine()
    before = regtest.node.height()

    after = regtest.reorganise(depth=1)

    assert after == before + 1
    assert list(regtest.witness.history(script)) == []


def test_a_transaction_with_a_damaged_signature_is_refused(regtest: Regtest) -> None:
    transaction = bytearray(regtest.payer.signed([Output(fresh_script(), 50_000)]))
    transaction[-50] ^= 1
    with pytest.raises(NodeRefusedError):
        regtest.node.broadcast(bytes(transaction))
    with pytest.raises(ServerRefusedError):
        regtest.witness.ask("blockchain.transaction.broadcast", transaction.hex())


def test_the_server_broadcasts_too(regtest: Regtest) -> None:
    script = fresh_script()
    transaction = regtest.payer.signed([Output(script, 50_000)])
    txid = regtest.witness.ask("blockchain.transaction.broadcast", transaction.hex())
    regtest.wait_until_known(script, txid)


def test_a_bad_request_is_an_error(regtest: Regtest) -> None:
    with pytest.raises(ServerRefusedError):
        regtest.witness.ask("blockchain.scripthash.get_history", "zz")


def test_the_server_answers_over_tls_with_the_certificate_it_was_given(
    electrum_server: ElectrumServer,
) -> None:
    with Witness(electrum_server.tls_port, tls=True) as witness:
        first = witness.certificate
    electrum_server.stop()
    electrum_server.new_certificate()
    electrum_server.start()
    with Witness(electrum_server.tls_port, tls=True) as witness:
        assert witness.certificate != first


def test_the_delaying_server_pads_its_replies(delaying_server: ElectrumServer) -> None:
    with Witness(delaying_server.tcp_port) as witness:
        witness.ask("server.ping")
        assert len(witness.last_line) >= 1024


@pytest.mark.parametrize(
    ("address", "script"),
    [
        ("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "0014751e76e8199196d454941c45d1b3a323f1433bd6"),
        ("mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r", "76a914751e76e8199196d454941c45d1b3a323f1433bd688ac"),
    ],
)
def test_addresses_are_read_without_pillarbox(address: str, script: str) -> None:
    assert output_script(address).hex() == script


def test_the_peers_end_when_the_tests_are_killed(peers: Peers, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from peers.regtest import running_regtest; "
        "from peers.set_up import set_up\n"
        "with running_regtest(set_up(), Path(sys.argv[1])) as regtest:\n"
        "    print(regtest.node.rpc_port, regtest.server.tcp_port, flush=True); sys.stdin.read()\n"
    )
    tests = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path],
        cwd=Path(__file__).parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with tests:
        assert tests.stdout is not None
        ports = [int(port) for port in tests.stdout.readline().split()]
        assert len(ports) == 2
        tests.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(listens(port) for port in ports):
        assert time.monotonic() < deadline, "a peer outlived the tests"
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
