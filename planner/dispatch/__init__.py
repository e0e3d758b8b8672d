"""The way out: submit batches, watch executions, hand their reports to the services."""
