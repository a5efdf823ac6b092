"""The server of static addresses: a program of its own, which knows nothing of wallets."""
