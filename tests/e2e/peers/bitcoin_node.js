'use strict';
// A Bitcoin full node on regtest, in memory, JSON-RPC on a free loopback port.
// usage: node bitcoin_node.js NODE_MODULES API_KEY
// Prints {"rpcPort": n} once it answers, and ends when its standard input does.

const {createRequire} = require('module');
const path = require('path');

const [modules, apiKey] = process.argv.slice(2);
const load = createRequire(path.join(modules, 'peer.js'));

// mrmr's C++ half would have to be compiled; its JavaScript half gives the same hashes.
const native = load.resolve('mrmr/lib/murmur3');
require.cache[native] = {
  id: native,
  filename: native,
  loaded: true,
  exports: load('mrmr/lib/murmur3-browser'),
};

const bcoin = load('bcoin');
const {RPCError} = load('bweb');

const node = new bcoin.FullNode({
  network: 'regtest',
  memory: true,
  env: false,
  argv: false,
  workers: false,
  indexTx: true,
  httpHost: '127.0.0.1',
  httpPort: 0,
  apiKey,
  listen: false,
  // bcoin's regtest seeds are its own default port, where another test run may listen: a dead port keeps this one alone.
  only: ['127.0.0.1:1'],
  logConsole: true,
  logLevel: 'warning',
});

// bcoin answers before its mempool has judged the transaction, and gives the id of an invalid one just the same.
// This waits, and refuses with Bitcoin Core's error codes.
node.rpc.calls.sendrawtransaction = async ([hex]) => {
  const transaction = bcoin.TX.fromRaw(hex, 'hex');
  let missing;
  try {
    missing = await node.mempool.addTX(transaction);
  } catch (error) {
    throw new RPCError(-26, error.reason || error.message);
  }
  if (missing) {
    throw new RPCError(-25, 'bad-txns-inputs-missingorspent');
  }
  return transaction.txid();
};

async function start() {
  await node.ensure();
  await node.open();
  // Without connecting and syncing the chain never counts as synced, and an invalidated block leaves the mempool behind.
  await node.connect();
  node.startSync();
  console.log(JSON.stringify({rpcPort: node.http.http.address().port}));
}

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

start().catch((error) => {
  console.error(error);
  process.exit(1);
});
