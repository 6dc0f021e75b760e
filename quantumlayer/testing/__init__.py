"""Fakes, a virtual clock, and the contract checks for plug-in authors."""
