"""The command line ``planner``: one command an RPC, and the service itself."""

from __future__ import annotations

from planner.cli.main import main

__all__ = ["main"]
