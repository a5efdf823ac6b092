"""An Electrum server in memory, on a chain that a test makes block by block.

Any test can import it: `from electrum_peer.scripted_server import ScriptedServer`, since pytest puts the
folder of tests/conftest.py on the path. The chain begins with regtest's own first block and keeps regtest's
rules, so Pillarbox follows it as Network.REGTEST with nothing replaced.

    chain = SyntheticChain()
    async with ScriptedServer(chain) as server:
        ...                                   # server.address is the ServerAddress to connect to
        chain.pay(script, 10_000)             # to the mempool
        chain.mine()                          # and into a block
        server.announce()                     # tell those who subscribed
        server.instead["server.ping"] = Silence()      # misbehave from now on
"""
