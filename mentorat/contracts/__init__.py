"""What senders may send, column by column, written once as data: see `sources` (the YAML files stand in `sources/`)."""
