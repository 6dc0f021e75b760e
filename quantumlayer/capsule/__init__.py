"""What comes out: the signed, content-addressed package, and the strict reader for it."""
