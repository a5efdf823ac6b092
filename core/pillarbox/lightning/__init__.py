"""Paying over Lightning, and the servers that ask for it."""
