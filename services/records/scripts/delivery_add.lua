-- Queues an event for a subscription, once.
-- KEYS delivery, lane, log, dead, of the conversation, due
-- ARGV id, member of the log, lane's name, now (ms), kept (ms), webhook, conversation, event, type,
--      oldest of the log
-- Returns 1 when it is new
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'webhook', ARGV[6], 'conversation', ARGV[7], 'event', ARGV[8],
  'type', ARGV[9], 'state', 'waiting', 'created', ARGV[4], 'attempts', 0, 'next', ARGV[4],
  'tries', '[]', 'member', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('ZADD', KEYS[3], 0, ARGV[2])
for _, name in ipairs({KEYS[3], KEYS[4]}) do
  redis.call('ZREMRANGEBYLEX', name, '-', '(' .. ARGV[10])
end
redis.call('SADD', KEYS[5], ARGV[1])
for _, name in ipairs({KEYS[3], KEYS[5]}) do redis.call('PEXPIRE', name, ARGV[5]) end
-- A lane that something waits in is due already, at the time of its next try.
if redis.call('RPUSH', KEYS[2], ARGV[1]) == 1 then redis.call('ZADD', KEYS[6], ARGV[4], ARGV[3]) end
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return 1
