"""Item models over snapshots of the core."""
