"""The shell: owns executions and their queue, journals events, keeps time."""
