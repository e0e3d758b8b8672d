"""The fake fleet: how long a task takes, what fails, which node is offline."""
