"""A document as a whole: which things it is about, what each is called, and what every sentence says of them."""
