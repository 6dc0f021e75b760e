"""A deterministic model for machines without network or keys."""
