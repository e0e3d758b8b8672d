"""The planner: turns ApplyChanges into messages for the orchestrator and keeps the record.

Importing this package imports nothing else: a client that wants stubs pays for stubs.
"""
