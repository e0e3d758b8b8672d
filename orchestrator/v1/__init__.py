"""Generated stubs of the contract in ``protos/orchestrator/v1``; never edited by hand."""
