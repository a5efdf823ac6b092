-- Backup files this wallet wrote, and what was proven of each.
CREATE TABLE backups (
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    verified_at INTEGER,
    drilled_at INTEGER,
    PRIMARY KEY (folder, name)
) STRICT, WITHOUT ROWID;
