"""The analyses, as percent scripts, and what executes and renders them."""
