"""Sums."""


def add(first: int, second: int) -> int:
    """Add two numbers that are not negative."""
    if first < 0 or second < 0:
        message = "a number is negative"
        raise ValueError(message)
    return first + second
