"""Larger draws and peers, outside the tests: each script prints its own figures."""
