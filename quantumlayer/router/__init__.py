"""Which model answers: strategies, breaker, budgets, catalog, providers."""
