"""Independent computations of one quantity. Where two exclude each other the code is at fault."""
