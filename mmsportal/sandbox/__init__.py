"""The providers, played on loopback: strict servers, handsets that behave as their numbers say, and a ledger."""
