"""Programs that nobody here wrote, for the end-to-end tests to talk to, all on 127.0.0.1.

A Bitcoin full node (bcoin, regtest, in memory), an Electrum server on top of it (e-x), a payer with coins to
spend, and a second wallet (BDK) that must agree with ours.
"""
