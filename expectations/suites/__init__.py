"""One module a table: `rules()`, and `prepare(frame)` where a rule compares columns that must first be computed."""
