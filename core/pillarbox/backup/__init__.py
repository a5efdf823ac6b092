"""The wallet's own backup: its file format, its sections, how one is compared. Pure."""
