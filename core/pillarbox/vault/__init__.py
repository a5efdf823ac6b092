"""Where the file key and the recovery words are kept."""
