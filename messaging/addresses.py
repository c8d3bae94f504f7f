"""Phone numbers and sender IDs: one spelling inside (E.164 with its plus), one per provider outside."""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

import phonenumbers

SHORT_CODE = re.compile(r"[0-9]{3,8}")
ALPHANUMERIC = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
# A number in a text: as the wire spells it, or as people do ("(416) 555-0101", "+44 20 7946 0018").
UNBROKEN = re.compile(r"(?<![0-9A-Za-z.-])\+?[0-9]{10,15}(?![0-9A-Za-z-])")
SPACED = re.compile(
    r"(?<![0-9A-Za-z.+-])(?:(?:\+?1[ .-]?)?\(?[2-9][0-9]{2}(?:\) ?|[ .-])[0-9]{3}[ .-]?"
    r"|\+[0-9]{1,3}(?:[ .-]\(?[0-9]{1,4}\)?){1,4}[ .-])([0-9]{4})(?![0-9A-Za-z-])",
    re.ASCII,
)
# Numbers that cost whoever writes to them.
PREMIUM = ("+1900", "+1976")
# What most lists are full of: ten digits of North America, parted as people do it. Nothing in them is left to parse.
HOME_NUMBER = re.compile(r"(?:\+1[ .-]?)\(?([2-9][0-9]{2})\)?[ .-]{0,2}([0-9]{3})[ .-]?([0-9]{4})", re.ASCII)
# "+1" and as much of the number as decides which of the countries behind it is meant.
DECIDING = 8
# Twelve or so digits with the usual punctuation; anything longer is not worth parsing.
LONGEST_ENTRY = 64
# What is wrong with a number, by code; translated where it is shown.
WORDS = {
    "number_empty": "No number given. Write it as +16475550142.",
    "number_too_long": "This is too long for a phone number. Give one number a line.",
    "number_has_letters": "A phone number holds digits only, without letters or an extension.",
    "number_too_short": "This is too short for a mobile number; include the area code.",
    "number_not_valid": "This is not a phone number. Write it as +16475550142.",
    "number_has_extension": "A picture message cannot go to an extension.",
    "number_not_possible": "No phone number has this many digits. Check it against +16475550142.",
    "sender_not_short_code": "A short code is 3 to 8 digits, such as 34343.",
    "sender_not_alphanumeric": "A mask is 1 to 11 letters, digits or blanks, one letter at least.",
    "sender_not_e164": "Write the number in E.164, such as +16475550142.",
}


class SenderKind(StrEnum):
    """What a sender ID is."""

    SHORT_CODE = "short_code"
    TEN_DLC = "10dlc"
    TOLL_FREE = "toll_free"
    LONG = "long"
    ALPHANUMERIC = "alphanumeric"


class AddressError(ValueError):
    """A number that cannot be sent to. `code` is stable, `message` says what is wrong and how to mend it."""

    def __init__(self, code: str) -> None:
        super().__init__(WORDS[code])
        self.code = code
        self.message = WORDS[code]


def normalise(written: str, *, region: str = "US") -> str:
    """E.164 with its plus, from any usual spelling.

    In: a number as a person or program wrote it; `region` is used for national spellings ("(647) 555-0142").
    Raises AddressError: empty, too long, letters, extension, short code, or not a possible number.
    """
    text = unicodedata.normalize("NFKC", written).strip()
    if not text:
        raise AddressError("number_empty")
    if len(text) > LONGEST_ENTRY:
        raise AddressError("number_too_long")
    if plain := HOME_NUMBER.fullmatch(text):
        return "+1" + "".join(plain.groups())
    if any(character.isalpha() for character in text) or "#" in text:
        raise AddressError("number_has_letters")
    digits = re.sub(r"\D", "", text)
    if not text.startswith("+") and len(digits) <= 6:
        raise AddressError("number_too_short")
    if text.startswith("00"):
        text = "+" + text[2:]
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise AddressError("number_not_valid") from error
    if parsed.extension:
        raise AddressError("number_has_extension")
    # A number without its area code counts as possible elsewhere; here it would reach nobody.
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise AddressError("number_not_possible")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def country(number: str) -> str:
    """The two-letter region of an E.164 number, or "" when it cannot be told."""
    if len(number) == 12 and number.startswith("+1"):
        return _country_of_area(number[:DECIDING])
    return _country(number)


def home(number: str) -> str:
    """The country as routing takes it: an area code of +1 too new for the tables counts as American."""
    return country(number) or ("US" if number.startswith("+1") else "")


# Of a list of 100,000 numbers a few thousand differ so far.
@lru_cache(maxsize=20_000)
def _country_of_area(start: str) -> str:
    return _country(start.ljust(12, "0"))


def _country(number: str) -> str:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None)) or ""
    except phonenumbers.NumberParseException:
        return ""


def readable(number: str) -> str:
    """A number spaced for reading: "+1 647-555-0142". Anything that is no E.164 number is returned as it is."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def digits(number: str) -> str:
    """The digits alone, as receipts and several providers spell a number."""
    return re.sub(r"\D", "", number)


def masked(number: str) -> str:
    """A number fit for a log or for people who may not see it whole: "+1647***0142"."""
    return f"{number[:5]}***{number[-4:]}" if len(number) >= 10 else "***"


def check_sender(address: str, kind: SenderKind) -> None:
    """Refuse a sender ID that does not look like its kind. Raises AddressError."""
    match kind:
        case SenderKind.SHORT_CODE:
            if not SHORT_CODE.fullmatch(address):
                raise AddressError("sender_not_short_code")
        case SenderKind.ALPHANUMERIC:
            if not ALPHANUMERIC.fullmatch(address):
                raise AddressError("sender_not_alphanumeric")
        case _:
            if address != normalise(address):
                raise AddressError("sender_not_e164")


def masked_in(text: str) -> str:
    """A text, such as a raw receipt or what a handset wrote, with everything that could be a phone number masked."""
    text = UNBROKEN.sub(lambda match: masked(match[0]), text)
    return SPACED.sub(r"***\1", text)
