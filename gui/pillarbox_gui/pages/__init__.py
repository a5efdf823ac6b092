"""The window's pages: each shows one thing, and asks the core for what the user wants."""
