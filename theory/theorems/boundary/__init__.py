"""Standard training: bounds of the multipliers and the linear boundary."""
