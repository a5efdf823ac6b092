-- What is issued next (source 003), as Word32: 2147483648 is the first hardened index. Counters only grow.
CREATE TABLE counters (
    account INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    next_word INTEGER NOT NULL,
    PRIMARY KEY (account, branch)
) STRICT, WITHOUT ROWID;

CREATE TABLE account_counters (
    kind TEXT NOT NULL,
    root TEXT NOT NULL,                 -- the root key's fingerprint, or empty where a kind has none
    next_word INTEGER NOT NULL,
    PRIMARY KEY (kind, root)
) STRICT, WITHOUT ROWID;

INSERT INTO counters
SELECT account, branch, min(4294967295, 2147483648 + max(highest) + 1) FROM (
    SELECT DISTINCT account, branch, -1 AS highest FROM addresses
    UNION ALL SELECT account, branch, max(idx) FROM used GROUP BY account, branch
    UNION ALL SELECT account, branch, max(idx) FROM hand_outs GROUP BY account, branch
) GROUP BY account, branch;

INSERT INTO account_counters
SELECT kind, fingerprint, min(4294967295, 2147483648 + max(number) + 1)
FROM accounts WHERE number IS NOT NULL GROUP BY kind, fingerprint;

CREATE TRIGGER counters_grow BEFORE UPDATE ON counters WHEN new.next_word < old.next_word
BEGIN SELECT raise(ABORT, 'a counter only grows'); END;
CREATE TRIGGER counters_stay BEFORE DELETE ON counters
BEGIN SELECT raise(ABORT, 'a counter only grows'); END;
CREATE TRIGGER account_counters_grow BEFORE UPDATE ON account_counters WHEN new.next_word < old.next_word
BEGIN SELECT raise(ABORT, 'a counter only grows'); END;
CREATE TRIGGER account_counters_stay BEFORE DELETE ON account_counters
BEGIN SELECT raise(ABORT, 'a counter only grows'); END;
