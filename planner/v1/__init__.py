"""Generated stubs of the contract in ``protos/planner/v1``; never edited by hand."""
