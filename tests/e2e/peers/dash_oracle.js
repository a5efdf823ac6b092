'use strict';
// Dash's keys and addresses, as @dashevo/dashcore-lib makes and reads them; DIP-18 texts by npm's bech32.
// usage: node dash_oracle.js NODE_MODULES

const {answer, load, range} = require('./oracle');
const dash = load('@dashevo/dashcore-lib');
const {bech32m} = load('bech32');

const PLATFORM_P2PKH = 0xb0;

function publicKeys({words, passphrase, network, path, start, count}) {
  const root = dash.HDPrivateKey.fromSeed(new dash.Mnemonic(words).toSeed(passphrase), network);
  const parent = root.derive(path);
  return range(start, count).map(index => parent.derive(index).publicKey);
}

function platformText(key, prefix) {
  const payload = [PLATFORM_P2PKH, ...dash.crypto.Hash.sha256ripemd160(key.toBuffer())];
  return bech32m.encode(prefix, bech32m.toWords(payload));
}

function read({text}) {
  const address = new dash.Address(text);
  return {network: address.network.name, type: address.type, hash: address.hashBuffer.toString('hex')};
}

function readPlatform({text}) {
  const {prefix, words} = bech32m.decode(text);
  return {prefix, payload: Buffer.from(bech32m.fromWords(words)).toString('hex')};
}

answer({
  p2pkh: question => publicKeys(question).map(key => key.toAddress(question.network).toString()),
  platform: question => publicKeys(question).map(key => platformText(key, question.prefix)),
  read,
  readPlatform,
});
