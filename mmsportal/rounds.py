"""What workers do again and again, and in which queue (reliability, 3.2): settings of Celery, as plain values."""

from kombu import Exchange, Queue

# A database session for each task costs more than most tasks do; how long one is kept is for CONN_MAX_AGE to say.
CELERY_DB_REUSE_MAX = 10**9
CELERY_BEAT_SCHEDULE = {
    # Each ring is worth nothing after the next: a worker that was away must not find a heap of them.
    "send what is due": {"task": "messaging.tasks.pump", "schedule": 5.0, "options": {"expires": 5.0}},
    "read receipts": {"task": "messaging.tasks.drain_receipts", "schedule": 5.0, "options": {"expires": 5.0}},
    "sweep": {"task": "messaging.tasks.sweep", "schedule": 10.0, "options": {"expires": 10.0}},
    "pass canaries": {"task": "messaging.tasks.pass_canaries", "schedule": 10.0, "options": {"expires": 10.0}},
    "reconcile": {"task": "messaging.tasks.reconcile", "schedule": 60.0, "options": {"expires": 60.0}},
    "clean media": {"task": "media.tasks.clean", "schedule": 600.0, "options": {"expires": 600.0}},
    "fit media": {"task": "media.tasks.sweep_renditions", "schedule": 10.0, "options": {"expires": 10.0}},
    "finish encoding": {"task": "messaging.tasks.finish_encoding", "schedule": 5.0, "options": {"expires": 5.0}},
    "clear lists": {"task": "messaging.tasks.clear_lists", "schedule": 600.0, "options": {"expires": 600.0}},
    "send callbacks": {"task": "messaging.tasks.send_callbacks", "schedule": 5.0, "options": {"expires": 5.0}},
    "clear repeats": {"task": "messaging.tasks.clear_repeats", "schedule": 600.0, "options": {"expires": 600.0}},
    "clear callbacks": {"task": "messaging.tasks.clear_callbacks", "schedule": 600.0, "options": {"expires": 600.0}},
    "count transactions": {
        "task": "messaging.tasks.count_transactions",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "clear history": {"task": "messaging.tasks.clear_history", "schedule": 600.0, "options": {"expires": 600.0}},
    "watch": {"task": "messaging.tasks.watch", "schedule": 15.0, "options": {"expires": 15.0}},
    "clear tallies": {"task": "messaging.tasks.clear_tallies", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "fetch texts": {"task": "messaging.tasks.fetch_texts", "schedule": 10.0, "options": {"expires": 10.0}},
}


def queues(*, quorum: bool) -> list[Queue]:
    """The queues of all workers; one that is told nothing serves both.

    News to callers has its own, so that workers of its own can serve it: callers' servers may hang, and providers must
    not wait. `quorum` makes them what RabbitMQ keeps through the loss of a node.
    """
    kind, held = ("topic", {"x-queue-type": "quorum"}) if quorum else ("direct", {})
    return [Queue(name, Exchange(name, kind), routing_key=name, queue_arguments=held) for name in ("mms", "callbacks")]
