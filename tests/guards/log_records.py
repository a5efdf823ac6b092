"""Fail a test during which something logged a warning that the test did not announce."""

import logging
import re
from collections.abc import Iterator

import pytest

HINT = "If that is what the test provokes, announce it: @pytest.mark.logs_warning('a pattern of the message')"


class WarningRecords(logging.Handler):
    """Keeps what is logged at WARNING and above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class LogGuard:
    """Listens at the root logger for as long as one test takes, its fixtures included."""

    def __init__(self) -> None:
        self.heard = WarningRecords()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.heard.records.clear()
        logging.getLogger().addHandler(self.heard)
        try:
            return (yield)
        finally:
            logging.getLogger().removeHandler(self.heard)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        result = yield
        announced = [pattern for mark in item.iter_markers("logs_warning") for pattern in mark.args]
        unexpected = [
            f"{record.levelname} {record.name}: {record.getMessage()}"
            for record in self.heard.records
            if not any(re.search(pattern, record.getMessage()) for pattern in announced)
        ]
        if unexpected:
            pytest.fail("\n".join(["Unexpected log records:", *unexpected, HINT]), pytrace=False)
        return result


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "logs_warning(*patterns): warnings with a message that one of the patterns matches are meant",
    )
    config.pluginmanager.register(LogGuard(), "log-guard")
