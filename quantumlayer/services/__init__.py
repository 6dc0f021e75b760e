"""The products: QLayer."""
