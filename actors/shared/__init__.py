"""What several rooms of actors use, and no actor of its own."""
