"""Files that must not be lost: installed whole, never clobbered."""
