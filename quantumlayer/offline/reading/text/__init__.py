"""A document as text: statements, sentences, words, and what stands in code and tables."""
