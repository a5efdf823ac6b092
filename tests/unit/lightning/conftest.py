"""Certificates of servers that no authority vouches for, and gRPC of another make."""

from collections.abc import Iterator
from pathlib import Path

import grpc.aio
import pytest
from grpc._cython import cygrpc

from certificates import write_certificate


@pytest.fixture
def own_certificate(tmp_path: Path) -> Path:
    """A file of a certificate for 127.0.0.1 and its key."""
    return write_certificate(tmp_path / "server.pem")


@pytest.fixture(scope="session")
def grpcio() -> Iterator[None]:
    """Its thread is one for all tests."""
    grpc.aio.init_grpc_aio()
    yield
    cygrpc.shutdown_grpc_aio()
