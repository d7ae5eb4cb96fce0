-- Takes lanes that are due, and keeps others away from them while the lease lasts.
-- KEYS due, claims ; ARGV now (ms), end of the lease (ms), token, most
-- Returns the lanes' names
local names = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[4])
for _, name in ipairs(names) do
  redis.call('ZADD', KEYS[1], ARGV[2], name)
  redis.call('HSET', KEYS[2], name, ARGV[3])
end
return names
