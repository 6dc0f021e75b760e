"""The language that documents are written in: patterns, phrases for things, fields and conditions, and the facts they state."""
