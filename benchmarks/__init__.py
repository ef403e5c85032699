"""Side-by-side figures against named peers; `make bench` runs them."""
