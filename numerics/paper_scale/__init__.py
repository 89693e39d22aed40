"""The paper's experiments at their size: exact solutions and trained networks, on a device."""
