"""Certificates of servers that no authority vouches for."""

from pathlib import Path

import pytest

from certificates import write_certificate


@pytest.fixture
def own_certificate(tmp_path: Path) -> Path:
    """A file of a certificate for 127.0.0.1 and its key."""
    return write_certificate(tmp_path / "server.pem")
