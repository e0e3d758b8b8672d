"""The orchestrator: executes provision and deployment messages on a simulated fleet.

Importing this package imports nothing else: a client that wants stubs pays for stubs.
"""
