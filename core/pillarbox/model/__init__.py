"""The nouns that more than one room speaks. Frozen data, no rules, no I/O."""
