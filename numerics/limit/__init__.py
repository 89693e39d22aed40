"""Where this network's training goes on these data: the convex limit, and capture by it."""
