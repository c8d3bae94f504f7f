"""Celery's broker of the scaled form with Redis: kombu's, without the acknowledgements that it plays there.

What lies in the broker is a ring that carries nothing; one that is lost comes again with the beat. kombu would keep
each in Redis until it is acknowledged. Where Redis went away meanwhile it would acknowledge, and put back, on a channel
that has no connection any more, and the AttributeError of that ends the worker.
"""

from kombu.transport import redis


class Channel(redis.Channel):
    """kombu's channel, on which a ring is gone as soon as a worker has it."""

    ack_emulation = False
    do_restore = False


class Transport(redis.Transport):
    """Stands in for kombu's transport of the names "redis" and "rediss" (mmsportal.celery)."""

    Channel = Channel
