"""Recovery words as a person types them, for a front end that has to know where they end."""

from pillarbox.keys.numbering import without_numbers

FEWEST = 12


def are_fewer_than_any(text: str) -> bool:
    """Whether more words must come."""
    return len(without_numbers(text.split())) < FEWEST
