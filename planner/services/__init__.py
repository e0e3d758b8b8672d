"""One use case a function: load a snapshot, ask the domain, store the outcome."""
