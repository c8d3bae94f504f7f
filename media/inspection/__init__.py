"""Files: what they truly are, and what is wrong with them. Plain Python; every decoder runs in a limited child."""

from media.inspection.runner import inspect
from media.inspection.verdicts import KINDS, LARGEST_UPLOAD, MAX_BYTES, MEGABYTE, Finding, Inspection, Refused

__all__ = ["KINDS", "LARGEST_UPLOAD", "MAX_BYTES", "MEGABYTE", "Finding", "Inspection", "Refused", "inspect"]
