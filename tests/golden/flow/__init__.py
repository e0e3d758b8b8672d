"""Recorded flows of the original's planner, replayed through our services."""
