"""Nouns and errors as words in the user's language. No widgets."""
