"""What every test with Qt needs."""

import gc

import pytest


@pytest.fixture(autouse=True)
def no_garbage_of_earlier_tests() -> None:
    """A worker thread that collected an earlier test's loop, with its Qt timers, would end the process."""
    gc.collect()
