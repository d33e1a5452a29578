"""Causal comparison: balancing weights, robust errors, adjusted effects, sensitivity, evidence grade."""
