"""Cardano addresses as text and bytes. No keys, no loop, no disk."""
