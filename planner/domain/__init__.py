"""What is a cluster, a node, a task graph, a plan, and which changes of state are legal; pure."""
