"""The quantumlayer command."""
