-- Notes what became of the head of a lane, if the lane is still the caller's.
-- KEYS delivery, lane, log, dead, of the conversation, due, claims
-- ARGV id, lane's name, token, outcome, due (ms), tries, attempts, next (ms)
-- Returns 'more' | 'done' | 'fenced'
local lane, name, outcome = KEYS[2], ARGV[2], ARGV[4]
if redis.call('HGET', KEYS[7], name) ~= ARGV[3] then return 'fenced' end

local function give_back(due)
  redis.call('HDEL', KEYS[7], name)
  if redis.call('EXISTS', lane) == 1 then
    redis.call('ZADD', KEYS[6], due, name)
  else
    redis.call('ZREM', KEYS[6], name)
  end
  return 'done'
end

if outcome == 'release' then return give_back(ARGV[5]) end
local known = redis.call('EXISTS', KEYS[1]) == 1
if outcome == 'retry' and known then
  redis.call('HSET', KEYS[1], 'attempts', ARGV[7], 'tries', ARGV[6], 'next', ARGV[8])
  return give_back(ARGV[5])
end
redis.call('LREM', lane, 1, ARGV[1])
if known and outcome == 'gone' then
  -- Its event was erased or has expired: nothing may stay that names it.
  local member = redis.call('HGET', KEYS[1], 'member')
  redis.call('ZREM', KEYS[3], member)
  redis.call('ZREM', KEYS[4], member)
  redis.call('SREM', KEYS[5], ARGV[1])
  redis.call('DEL', KEYS[1])
elseif known then
  redis.call('HSET', KEYS[1], 'state', outcome, 'attempts', ARGV[7], 'tries', ARGV[6])
  if outcome == 'dead' then
    redis.call('ZADD', KEYS[4], 0, redis.call('HGET', KEYS[1], 'member'))
    redis.call('PEXPIRE', KEYS[4], redis.call('PTTL', KEYS[3]))
  end
end
if redis.call('EXISTS', lane) == 0 then return give_back(ARGV[5]) end
redis.call('ZADD', KEYS[6], ARGV[5], name)
return 'more'
