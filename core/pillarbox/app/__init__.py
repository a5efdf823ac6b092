"""One running Pillarbox: open wallets, shared connections, settings."""
