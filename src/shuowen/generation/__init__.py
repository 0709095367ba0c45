"""What every engine means by "generate": options in, results out, and the pure steps between."""
