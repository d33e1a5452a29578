"""The door of the platform: read a file, recognise it, normalise it, set rows aside, tell the sender."""
