"""Pages of the public face."""
