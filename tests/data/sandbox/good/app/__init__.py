"""A shelf of books that can be lent."""
