"""How agents talk: the Transport protocol, the envelope, the in-memory transport."""
