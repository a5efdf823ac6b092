"""The chain as servers tell it, each word of theirs checked before it is believed."""
