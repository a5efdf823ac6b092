"""Bitcoin's formats: bytes, scripts, addresses, headers. Pure."""
