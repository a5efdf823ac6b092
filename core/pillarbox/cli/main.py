"""The program `pillarbox`. All that takes time is imported inside, where Ctrl+C is heard."""

import sys
from collections.abc import Sequence

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; the exit status. `argv` is what follows its name, or None: as it was started."""
    try:
        from pillarbox.cli.program import run  # noqa: PLC0415  # most of the time until a prompt goes here

        return run(argv)
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
