"""The reference's JSON envelope and the orchestrator's messages, both ways."""
