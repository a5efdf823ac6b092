"""Small parts that pages are composed of."""
