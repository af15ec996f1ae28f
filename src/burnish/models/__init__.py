"""The models that burnish knows by name, where they come from, and how they are loaded."""
