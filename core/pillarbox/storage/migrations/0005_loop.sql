-- L402 tokens, demanded and paid for. No row is ever removed: a payment may be known late.
CREATE TABLE l402_tokens (
    token_id BLOB NOT NULL PRIMARY KEY,
    server TEXT NOT NULL,               -- its URL; empty where that is not known
    payment_hash BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'paid', 'discarded')),
    data BLOB NOT NULL,                 -- the token file, byte for byte
    invoice TEXT NOT NULL,              -- empty for one that came from a file
    shown_at INTEGER,                   -- when the invoice was given out to be paid by hand
    sent_by TEXT NOT NULL,              -- who was told to pay it, until that is known to have failed
    created_at INTEGER NOT NULL         -- Unix nanoseconds
) STRICT, WITHOUT ROWID;

-- One payment at a time in a wallet.
CREATE UNIQUE INDEX l402_tokens_pending ON l402_tokens (state) WHERE state = 'pending';

CREATE TRIGGER l402_tokens_paid_keep BEFORE UPDATE ON l402_tokens
WHEN old.state = 'paid' AND (new.state IS NOT old.state OR new.data IS NOT old.data)
BEGIN SELECT raise(ABORT, 'a paid token is never replaced'); END;
CREATE TRIGGER l402_tokens_stay BEFORE DELETE ON l402_tokens
BEGIN SELECT raise(ABORT, 'tokens stay'); END;

-- Which token a static address was bound to: each has one, and each token one.
CREATE TABLE static_addresses (
    account INTEGER NOT NULL PRIMARY KEY,
    token_id BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE loop_backups (
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    token_id BLOB NOT NULL,
    size INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    written_at INTEGER NOT NULL,
    PRIMARY KEY (folder, name)
) STRICT, WITHOUT ROWID;

-- The Lightning node that pays for this wallet. One at most.
CREATE TABLE lightning_nodes (
    name TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    macaroon BLOB NOT NULL,
    certificate TEXT NOT NULL           -- PEM
) STRICT, WITHOUT ROWID;

-- Transaction ids in the order people write them.
CREATE TABLE static_deposits (
    account INTEGER NOT NULL,
    txid BLOB NOT NULL,
    output INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    confirmed_at INTEGER NOT NULL,      -- height; 0 while no block is proven to hold it
    state TEXT NOT NULL,
    visible INTEGER NOT NULL,
    spent_by BLOB,
    PRIMARY KEY (account, txid, output)
) STRICT, WITHOUT ROWID;

CREATE TABLE static_deposit_steps (
    account INTEGER NOT NULL,
    txid BLOB NOT NULL,
    output INTEGER NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (account, txid, output, number)
) STRICT, WITHOUT ROWID;

-- Of static addresses, which output is spent by which transaction now.
CREATE TABLE static_spends (
    account INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    txid BLOB NOT NULL,
    output INTEGER NOT NULL,
    spent_by BLOB NOT NULL,
    PRIMARY KEY (account, branch, idx, txid, output)
) STRICT, WITHOUT ROWID;

-- Transactions that take a deposit back without the server. Whether one was broadcast, the chain tells.
CREATE TABLE static_exits (
    account INTEGER NOT NULL,
    txid BLOB NOT NULL,
    output INTEGER NOT NULL,
    exit BLOB NOT NULL,                 -- its transaction id
    address TEXT NOT NULL,
    fee INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (account, txid, output, exit)
) STRICT, WITHOUT ROWID;
