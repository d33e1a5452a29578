"""Keys, level-2 pseudonyms, linkage across senders."""
