"""What districts of a collaborative are to each other, and no table says: their networks."""
