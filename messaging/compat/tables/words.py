"""Sentences that hold for several formats."""

from messaging.slide_rules.findings import gettext_noop as _

SENDER = _("The sender ID: one of those that the key may use. All accounts that have it may carry the message.")
NUMBER = _("The recipient, in any usual spelling.")
SUBJECT = _("The subject; it stands in for a fallback text that is missing.")
FALLBACK = _("The text of the fallback SMS.")
NAME = _("The internal name.")
TEXT = _("The text of a slide.")
DURATION = _("Seconds on screen.")
FILE = _("A file: fetched once, checked, made to fit and hosted by the portal.")
REFERENCE = _("The correlation ID; each receipt repeats it.")
NO_FALLBACK = _("No fallback SMS; accounts that cannot go without one are passed over.")
NO_LINK = _("Whether the fallback SMS holds a link, where the account offers that.")
LINK_END = _("When the link of the fallback SMS expires.")
STORED = _("The content that the key stored before.")
ACTION = _("Send, store, or send what was stored; what is stored is ready at once.")

NOT_OURS = _("The account that carries the message has its own.")
MASK = _("The sender ID is shown as it is.")
ONE_CUSTOMER = _("There is one customer behind a key.")
EXTRA = _("Nothing here depends on it.")

ABROAD = _("Numbers that none of the senders reaches")
STOPPED = _("Recipients who have opted out")
BROKEN = _("Files that cannot be fetched, are damaged or of another kind than they are said to be")
