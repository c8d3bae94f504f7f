"""What can be wrong with a file of recipients, or with a cell of it: a stable code, and the words for it."""

from django.utils.translation import gettext, gettext_noop

FILES = {
    "file_too_large": gettext_noop("The file has %(actual)s MB; at most %(limit)s are read. Split it."),
    "file_old_excel": gettext_noop("This is a file of an old Excel. Save it as XLSX or CSV and choose it again."),
    "file_not_workbook": gettext_noop(
        "This file is packed like an Excel file but is none, or is damaged. Save it as CSV and choose it again."
    ),
    "file_expands": gettext_noop(
        "Unpacked, this file has %(actual)s MB; at most %(limit)s are read. Save it as CSV and choose it again."
    ),
    "file_empty": gettext_noop("Nothing stands in this file. Choose one with a phone number in each row."),
    "file_no_rows": gettext_noop("This file has headings and no row below them. Choose one with recipients."),
    "file_too_many_rows": gettext_noop("The file has more than %(limit)s rows. Split it."),
    "file_other_columns": gettext_noop(
        "This file has other columns than the list. Mend the file that “Download the rows to mend” gives."
    ),
    "list_reading": gettext_noop("This list is still being read. Try again in a moment."),
    "columns_no_number": gettext_noop("No column holds the phone numbers. Choose one."),
    "columns_two_numbers": gettext_noop("Two columns are chosen for the phone numbers. Choose one."),
    "columns_two_references": gettext_noop("Two columns are chosen for your reference. Choose one."),
    "columns_name": gettext_noop("“%(actual)s” cannot be a placeholder. Use 1 to 64 letters, digits and _."),
    "columns_name_twice": gettext_noop("Two columns fill the placeholder “%(actual)s”. Rename one."),
    "columns_region": gettext_noop("“%(actual)s” is no country. Choose one of the list."),
    "list_name": gettext_noop("Give the list a name of 1 to 120 characters."),
    "list_name_taken": gettext_noop("A list of yours is called “%(actual)s” already. Choose another name."),
}
CELLS = {
    "cell_broken": gettext_noop("This cell holds characters that cannot be sent. Type it anew."),
    "cell_too_long": gettext_noop("This cell has more than 1000 characters. Shorten it."),
    "cell_formula": gettext_noop("This is a formula. Put its result here."),
    "cells_extra": gettext_noop("The row has more cells than there are headings. Check its quotes and commas."),
    "correlation_too_long": gettext_noop("A reference has at most 100 characters. Shorten it."),
    "number_premium": gettext_noop("Whoever calls or writes to this number pays for it. Choose another one."),
}


class Unreadable(ValueError):
    """A file or a choice that cannot be taken; `code` is stable, `message` says what is wrong and how to mend it."""

    def __init__(self, code: str, *, limit: int | None = None, actual: object = None) -> None:
        super().__init__(code)
        self.code = code
        self.values = {"limit": f"{limit:,}" if limit is not None else "", "actual": actual}

    @property
    def message(self) -> str:
        return gettext(FILES[self.code]) % self.values
