"""Strategies on recorded outcomes: how good a routing would have been, and what it would have cost."""
