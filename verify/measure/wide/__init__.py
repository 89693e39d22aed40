"""What is measured of wide networks: the pair f and g, symbols, and what is told of them."""
