"""Times as people read them."""

from datetime import UTC, datetime, timedelta


def moment(at: int | None) -> str:
    """Unix seconds as this computer's date and time."""
    if at is None:
        return ""
    local = (datetime.fromtimestamp(0, UTC) + timedelta(seconds=at)).astimezone()
    return local.strftime("%Y-%m-%d %H:%M")
