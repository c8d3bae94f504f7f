"""Who wants to hear nothing more: opt-outs made, lifted and asked for, and the words that handsets say it with."""

from messaging.consent.keywords import keyword
from messaging.consent.opt_outs import lift, opt_in, opt_out, opted_out, standing, standing_for

__all__ = ["keyword", "lift", "opt_in", "opt_out", "opted_out", "standing", "standing_for"]
