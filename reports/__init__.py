"""What a reader sees: one report model, its charts, and its writing as HTML and PDF."""
