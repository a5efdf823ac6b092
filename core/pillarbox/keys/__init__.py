"""Recovery words, BIP32 nodes and extended keys. Pure."""
