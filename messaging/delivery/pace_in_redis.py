"""The pace that processes share, kept by Redis and its clock: one round trip for each question."""

from collections.abc import Collection
from typing import Any

import redis

from messaging.delivery.pace_shared import Grant, Share

# A Redis that hangs must not hold the pump up.
ASK_SECONDS = 0.25
# What is kept of a bucket is the moment at which it will be full again (GCRA). Out: how many calls may go, and seconds
# until as many as were least wanted may.
TAKE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local most, least = tonumber(ARGV[3]), tonumber(ARGV[4])
local full_at = math.min(math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now), now + burst)
local there = math.floor((now + burst - full_at) / interval + 0.000001)
if there < least then
  return {0, string.format('%.6f', full_at + least * interval - now - burst)}
end
local granted = math.min(most, there)
full_at = full_at + granted * interval
redis.call('SET', KEYS[1], string.format('%.6f', full_at), 'EX', math.ceil(burst) + 1)
return {granted, '0'}
"""
# A share is "calls hungry until". Out: our calls, then the name of each process with a share.
SHARE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local own, total, wanted, flying = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
for place = 6, #ARGV do redis.call('HDEL', KEYS[1], ARGV[place]) end
local taken, hungry, names = 0, 1, {own}
local shares = redis.call('HGETALL', KEYS[1])
for place = 1, #shares, 2 do
  local calls, eager, ends = string.match(shares[place + 1], '(%d+) (%d) ([%d.]+)')
  if tonumber(ends) < now then
    redis.call('HDEL', KEYS[1], shares[place])
  elseif shares[place] ~= own then
    taken, hungry = taken + tonumber(calls), hungry + tonumber(eager)
    names[#names + 1] = shares[place]
  end
end
local fair = math.ceil(total / hungry)
local calls = math.max(flying, math.min(wanted, fair, math.max(0, total - taken)))
local eager = wanted > calls and 1 or (wanted >= fair and 1 or 0)
redis.call('HSET', KEYS[1], own, string.format('%d %d %.3f', calls, eager, now + tonumber(ARGV[5])))
redis.call('EXPIRE', KEYS[1], 60)
return {calls, unpack(names)}
"""


class RedisPace:
    """Raises redis.RedisError when Redis does not answer in time."""

    def __init__(self, address: str) -> None:
        client = redis.Redis.from_url(address, socket_timeout=ASK_SECONDS, socket_connect_timeout=ASK_SECONDS)
        self._take: Any = client.register_script(TAKE)
        self._share: Any = client.register_script(SHARE)

    def take(self, key: str, rate: float, burst: float, most: int, least: int) -> Grant:
        """Take from a bucket; as `pace_shared.Keeper` says."""
        number, wait = self._take(keys=[f"mms:pace:{key}"], args=[1 / rate, burst, most, least])
        return Grant(int(number), float(wait))

    def share(
        self, key: str, process: str, total: int, *, wanted: int, flying: int, seconds: float, gone: Collection[str]
    ) -> Share:
        """Renew a share; as `pace_shared.Keeper` says."""
        args = [process, total, wanted, flying, seconds, *gone]
        calls, *names = self._share(keys=[f"mms:share:{key}"], args=args)
        return Share(int(calls), tuple(name.decode() for name in names))
