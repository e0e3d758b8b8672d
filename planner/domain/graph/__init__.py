"""Which task runs on which node, why, after what and with which parameters; pure."""
