"""Measures what planning, executing, recording and watching cost; ``python -m tests.bench``."""
