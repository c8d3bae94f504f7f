"""Contents stored at a provider once and sent from there to many."""
