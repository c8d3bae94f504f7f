"""What a provider's code means: its own table first, then what an admin has said about unknown ones."""
