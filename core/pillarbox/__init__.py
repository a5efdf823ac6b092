"""Pillarbox: hands out every receive address exactly once, and knows which were paid."""

__version__ = "0.1.0"
