'use strict';
// Cardano's keys and addresses, as @emurgo/cardano-serialization-lib-nodejs makes and reads them.
// usage: node cardano_oracle.js NODE_MODULES

const crypto = require('crypto');
const {answer, load, range} = require('./oracle');
const cardano = load('@emurgo/cardano-serialization-lib-nodejs');

const HARDENED = 0x80000000;
const hex = bytes => Buffer.from(bytes).toString('hex');
const bytes = text => Buffer.from(text, 'hex');

function icarusRoot({entropy, passphrase}) {
  return cardano.Bip32PrivateKey.from_bip39_entropy(bytes(entropy), Buffer.from(passphrase));
}

function accountKey(question, purpose) {
  const path = [purpose, 1815, question.account];
  return path.reduce((key, number) => key.derive(HARDENED + number), icarusRoot(question));
}

function publicKeys(account, {role, start, count}) {
  return range(start, count).map(index => account.derive(role).derive(index).to_public());
}

function credential(key) {
  return cardano.Credential.from_keyhash(key.to_raw_key().hash());
}

// CIP-11: a wallet's stake key is the first of role 2.
function shelley(question) {
  const {networkId} = question;
  const account = accountKey(question, 1852);
  const stake = credential(account.derive(2).derive(0).to_public());
  const text = address => address.to_address().to_bech32();
  const payments = publicKeys(account, question).map(credential);
  return {
    base: payments.map(payment => text(cardano.BaseAddress.new(networkId, payment, stake))),
    enterprise: payments.map(payment => text(cardano.EnterpriseAddress.new(networkId, payment))),
    reward: payments.map(payment => text(cardano.RewardAddress.new(networkId, payment))),
  };
}

function icarus(question) {
  const keys = publicKeys(accountKey(question, 44), question);
  return keys.map(key => cardano.ByronAddress.icarus_from_key(key, question.magic).to_base58());
}

// CIP-3 Byron: the key that a wallet's address paths are encrypted with.
function byronPathKey(entropy) {
  // The hash of plutus data is BLAKE2b-256 of its CBOR, which is what the scheme hashes.
  const hash = cardano.hash_plutus_data(cardano.PlutusData.new_bytes(bytes(entropy))).to_bytes();
  const seed = Buffer.concat([bytes('5820'), hash]);
  for (let round = 1; ; round++) {
    const mac = crypto.createHmac('sha512', seed).update(`Root Seed Chain ${round}`).digest();
    const key = crypto.createHash('sha512').update(mac.subarray(0, 32)).digest();
    key[0] &= 0xf8;
    key[31] = (key[31] & 0x7f) | 0x40;
    if (!(key[31] & 0x20)) {
      const root = cardano.Bip32PrivateKey.from_bytes(Buffer.concat([key, mac.subarray(32)]));
      return crypto.pbkdf2Sync(root.to_public().as_bytes(), 'address-hashing', 500, 32, 'sha512');
    }
  }
}

// The CBOR of an address's path, for who has the entropy. `sealed` is what its first attribute holds.
function byronPath({entropy, sealed}) {
  const box = bytes(sealed);
  const options = {authTagLength: 16};
  const cipher = crypto.createDecipheriv('chacha20-poly1305', byronPathKey(entropy), 'serokellfore', options);
  cipher.setAuthTag(box.subarray(-16));
  return hex(cipher.update(box.subarray(0, -16))) + hex(cipher.final());
}

function readByron({text}) {
  const address = cardano.ByronAddress.from_base58(text);
  return {
    magic: address.byron_protocol_magic(),
    raw: hex(address.to_bytes()),
    attributes: hex(address.attributes()),
    again: address.to_base58(),
  };
}

function readShelley({text}) {
  const address = cardano.Address.from_bech32(text);
  if (address.is_malformed()) {
    throw new Error('malformed');
  }
  return {
    kind: cardano.AddressKind[address.kind()],
    networkId: address.network_id(),
    raw: hex(address.to_bytes()),
  };
}

answer({
  icarusRoot: question => hex(icarusRoot(question).as_bytes()),
  shelley,
  icarus,
  byronPath,
  readByron,
  readShelley,
});
