"""One open wallet: a service a use case."""
