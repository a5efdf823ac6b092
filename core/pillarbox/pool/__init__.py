"""Which address goes out next, and what state each is in. Pure."""
