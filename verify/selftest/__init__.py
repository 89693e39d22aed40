"""The verifier tried on itself: planted faults, random instances, simulated statistics."""
