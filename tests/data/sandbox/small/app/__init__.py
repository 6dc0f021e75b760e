"""A service that adds."""
