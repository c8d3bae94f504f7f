"""What is no fault of the row, the account or the file at hand, though Python raises it there like one."""


def stops_the_worker(error: Exception) -> bool:
    """Whether a worker's soft time limit struck: an ordinary Exception to Python, and no fault of what was at hand."""
    return type(error).__module__.partition(".")[0] in {"billiard", "celery"}
