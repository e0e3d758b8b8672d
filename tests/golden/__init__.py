"""Recorded behaviour of the original, replayed through our doors."""
