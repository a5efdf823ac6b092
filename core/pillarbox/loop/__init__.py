"""Lightning Loop's formats, pure: static addresses, deposits, L402 tokens, recovery backups."""
