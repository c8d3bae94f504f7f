"""Who wants to hear nothing more: opt-outs made, lifted and asked for."""
