"""Writing a specialist so that it can be used anywhere, and proving that nothing changed on the way."""
