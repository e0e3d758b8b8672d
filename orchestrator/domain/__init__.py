"""The pure execution machine: events in, instructions out."""
