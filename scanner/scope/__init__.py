"""Which resources are Marketplace's business: pure functions of a snapshot, a module per topic."""
