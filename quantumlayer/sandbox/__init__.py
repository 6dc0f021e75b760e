"""Where strangers' code runs: isolation levels, checks, verdicts."""
