-- Queues a delivery again that is not waiting.
-- KEYS delivery, lane, log, dead, of the conversation, due ; ARGV id, lane's name, now (ms), kept
-- Returns 1 when it is queued
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'waiting' then return 0 end
redis.call('HSET', KEYS[1], 'state', 'waiting', 'attempts', 0, 'next', ARGV[3])
redis.call('ZREM', KEYS[4], redis.call('HGET', KEYS[1], 'member'))
if redis.call('RPUSH', KEYS[2], ARGV[1]) == 1 then redis.call('ZADD', KEYS[6], ARGV[3], ARGV[2]) end
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1
