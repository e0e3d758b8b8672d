"""The methods that are no task graphs: each a sequence of steps with waits between them."""
