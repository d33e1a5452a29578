"""Dagster: when things run, and in which order. The only room that imports dagster."""
