"""Recipients out of a file: read, judged cell by cell, mended, named, and counted before sending."""

from messaging.lists.exporting import MARK, bad_rows_csv, lines, rows_csv
from messaging.lists.importing import MOST_ROWS, import_file, rejudge
from messaging.lists.mending import bad_rows, drop, mend, mend_from
from messaging.lists.outlook import Outlook, abroad_rows, look, people, sendable, silent_rows
from messaging.lists.saved import forget, keep, keep_typed, kept, purge, visible
from messaging.lists.troubles import Unreadable

__all__ = [
    "MARK",
    "MOST_ROWS",
    "Outlook",
    "Unreadable",
    "abroad_rows",
    "bad_rows",
    "bad_rows_csv",
    "drop",
    "forget",
    "import_file",
    "keep",
    "keep_typed",
    "kept",
    "lines",
    "look",
    "mend",
    "mend_from",
    "people",
    "purge",
    "rejudge",
    "rows_csv",
    "sendable",
    "silent_rows",
    "visible",
]
