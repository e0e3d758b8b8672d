"""The task graph of one deployment: checked, prepared, walked."""
