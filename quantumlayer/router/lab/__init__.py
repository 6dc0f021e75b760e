"""Strategies on recorded outcomes: how good a routing would have been, and at what cost."""
