"""What a handset means by a short text: STOP, START or HELP, in the words that carriers and people use.

Pure. A text counts when it is such a word, with politeness around it, or when its first sentence is one that stops. A
sentence that merely holds the word does not: "we have got to stop this bill" is conversation. In doubt a STOP is heard
(writing on is the worse fault, and START lifts it) and a START is not.
"""

import re
import unicodedata

from messaging.gateway.facts import Action

PHRASES = {
    **dict.fromkeys(
        [
            *("stop", "stopall", "stop all", "unsubscribe", "un subscribe", "unsub", "cancel", "end", "quit"),
            *("optout", "opt out", "opt me out", "revoke", "arret", "arreter"),
        ],
        Action.STOP,
    ),
    **dict.fromkeys(["start", "unstop", "optin", "opt in", "opt me in"], Action.START),
    **dict.fromkeys(["help", "info", "aide"], Action.HELP),
}
LONGEST_PHRASE = max(len(phrase.split()) for phrase in PHRASES)
LONGEST_READ = 1_000
# NFKD has made the typographic apostrophes plain or left them as these.
_APOSTROPHES = re.compile("['`\u2018\u2019]")
_WORDS = re.compile(r"[^\W_]+")
_SENTENCE_ENDS = re.compile(r"[.!]+(?=\W|$)|[\n\r]+")
_SIGNATURE = re.compile(r"^\s*(?:sent from my|envoye de mon|get outlook for)\b.*$", re.MULTILINE)


def _all(words: str) -> frozenset[str]:
    return frozenset(words.split())


POLITE = _all("please pls plz kindly now sorry ok okay svp sil vous plait merci sir madam")
BEFORE = POLITE | _all("hi hello hey yes no just bonjour can could would will you")
AFTER = POLITE | _all("thanks thank thankyou thx ty you very much so immediately asap bye")
# What people want to have stopped, in their own words: "stop sending me these messages".
STOPPED = AFTER | _all(
    "it this that these those all any more with to me us from the your my sending texting messaging contacting"
    " receiving message messages text texts msg msgs sms mms ad ads advertising spam marketing notifications"
    " subscription consent"
)


def keyword(text: str) -> Action:
    """The action that a handset's text asks for; NONE when it is no keyword. Any text, of any length."""
    plain = _SIGNATURE.sub("", _plain(text[:LONGEST_READ]))
    action = _meaning(plain) if len(text) <= LONGEST_READ else Action.NONE
    if action is not Action.NONE:
        return action
    first = next((piece for piece in _SENTENCE_ENDS.split(plain) if _WORDS.search(piece)), "")
    return Action.STOP if first != plain and _meaning(first) is Action.STOP else Action.NONE


def _plain(text: str) -> str:
    """Lower case without accents, compatibility forms or apostrophes: "ARRÊT" and "arret" are one word."""
    spread = unicodedata.normalize("NFKD", text)
    return _APOSTROPHES.sub("", "".join(one for one in spread if not unicodedata.combining(one))).casefold()


def _meaning(plain: str) -> Action:
    words = _WORDS.findall(plain)
    while words and not _leading(words) and words[0] in BEFORE:
        words = words[1:]
    action = PHRASES.get(_leading(words), Action.NONE)
    if action is Action.NONE:
        return action
    # "Stop stop STOP", "stop, unsubscribe": saying it again changes nothing.
    while (again := _leading(words)) and PHRASES[again] is action:
        words = words[len(again.split()) :]
    allowed = STOPPED if action is Action.STOP else AFTER | {"me"}
    return action if allowed.issuperset(words) else Action.NONE


def _leading(words: list[str]) -> str:
    """The keyword that the words begin with, the longest that fits; "" for none."""
    beginnings = (" ".join(words[:size]) for size in range(LONGEST_PHRASE, 0, -1))
    return next((beginning for beginning in beginnings if beginning in PHRASES), "")
