-- Tables about addresses are keyed (account, branch, idx): change 0 and receive 0 are not the same.
-- Times are Unix seconds, amounts the coin's smallest unit, booleans 0 or 1.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL                 -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    network TEXT NOT NULL,
    label TEXT NOT NULL,
    number INTEGER,
    path TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    watch_only INTEGER NOT NULL,
    gap_limit INTEGER NOT NULL,
    at_limit TEXT NOT NULL,
    scan_state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    params TEXT NOT NULL,
    same_key TEXT NOT NULL UNIQUE       -- two pools on one key would give one address to two payers
) STRICT;

-- What an imported wallet's words may have been used for elsewhere, until a chain was asked.
CREATE TABLE candidates (
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    path TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    params TEXT NOT NULL,
    same_key TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE addresses (
    account INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    idx INTEGER NOT NULL CHECK (idx >= 0),
    text TEXT NOT NULL CHECK (instr(text, char(10)) = 0),
    watch_key BLOB NOT NULL,
    PRIMARY KEY (account, branch, idx)
) STRICT, WITHOUT ROWID;

-- The ends differ between addresses as well as the whole does, and keep these a fifth of the size.
CREATE INDEX addresses_by_text ON addresses (substr(text, -8));
CREATE INDEX addresses_by_watch_key ON addresses (substr(watch_key, -8));

CREATE TABLE used (
    account INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    at INTEGER NOT NULL,
    by_hand INTEGER NOT NULL,
    PRIMARY KEY (account, branch, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE labels (
    account INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (account, branch, idx)
) STRICT, WITHOUT ROWID;

-- The hand-out ledger: what was shown, and apart from it how each showing ended. Rows are only ever added.
CREATE TABLE hand_outs (
    id INTEGER PRIMARY KEY,
    token BLOB NOT NULL UNIQUE,
    account INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    shown_at INTEGER NOT NULL,
    label TEXT NOT NULL,
    request INTEGER,
    unscanned INTEGER NOT NULL
) STRICT;

CREATE INDEX hand_outs_by_address ON hand_outs (account, branch, idx, shown_at, unscanned);

CREATE TABLE hand_out_endings (
    hand_out INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    ending TEXT NOT NULL
) STRICT;

CREATE TRIGGER hand_outs_keep BEFORE UPDATE ON hand_outs
BEGIN SELECT raise(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER hand_outs_stay BEFORE DELETE ON hand_outs
BEGIN SELECT raise(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER hand_out_endings_keep BEFORE UPDATE ON hand_out_endings
BEGIN SELECT raise(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER hand_out_endings_stay BEFORE DELETE ON hand_out_endings
BEGIN SELECT raise(ABORT, 'the ledger only grows'); END;

CREATE TABLE requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token BLOB NOT NULL UNIQUE,
    account INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    label TEXT NOT NULL,
    amount INTEGER,
    created_at INTEGER NOT NULL,
    held_until INTEGER,                 -- NULL: until used
    ended_at INTEGER,
    ending TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX requests_by_address ON requests (account, branch, idx);
CREATE INDEX requests_running ON requests (id) WHERE ended_at IS NULL;

CREATE TABLE payments (
    account INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    txid BLOB NOT NULL,                 -- in the order people write it
    output INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    height INTEGER NOT NULL,            -- 0 until it is proven to be in a block
    block BLOB NOT NULL,                -- the hash of that block, in wire order; empty where there is none
    first_seen INTEGER NOT NULL,
    vanished_at INTEGER,
    PRIMARY KEY (account, branch, idx, txid, output)
) STRICT, WITHOUT ROWID;

-- Newest first, the unconfirmed before all: they count as the highest block there could be.
CREATE INDEX payments_by_age
ON payments (account, iif(height > 0, height, 4294967296), first_seen, txid, output);

-- What these pay to the wallet's own addresses was not received from anybody.
CREATE TABLE own_transactions (
    txid BLOB NOT NULL PRIMARY KEY      -- of one that spends a coin of this wallet
) STRICT, WITHOUT ROWID;

CREATE TABLE scans (
    account INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    scanned_to INTEGER NOT NULL,
    highest_used INTEGER,
    gap INTEGER NOT NULL,
    PRIMARY KEY (account, branch)
) STRICT, WITHOUT ROWID;
