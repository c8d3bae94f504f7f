"""Asking providers that can be asked what became of messages nothing final was heard of."""
