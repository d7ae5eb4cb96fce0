-- Renews a worker's lease and gives it its fair share of the shards.
-- KEYS workers, holders, epoch, groups ; ARGV worker, lease (ms), shards, group
-- Returns {epoch, fair share, shard, holder, shard, holder, ...} of what the worker holds.
local epoch = redis.call('GET', KEYS[3])
if not epoch then return redis.error_reply('NOSCRIPT the epoch is gone') end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local shards = tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%d', now))
redis.call('ZADD', KEYS[1], string.format('%d', now + tonumber(ARGV[2])), ARGV[1])
local live, count = {}, 0
for _, worker in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  live[worker] = true
  count = count + 1
end
if redis.call('SISMEMBER', KEYS[4], ARGV[4]) == 0 then redis.call('SADD', KEYS[4], ARGV[4]) end
local fair = math.ceil(shards / count)
local holder = {}
local flat = redis.call('HGETALL', KEYS[2])
for index = 1, #flat, 2 do holder[flat[index]] = flat[index + 1] end

local reply, mine, free = {epoch, fair}, 0, {}
for number = 0, shards - 1 do
  local shard = tostring(number)
  local held = holder[shard]
  local worker = held and string.match(held, '^(.*) %d+$')
  if worker == ARGV[1] then
    mine = mine + 1
    reply[#reply + 1] = shard
    reply[#reply + 1] = held
  elseif not (worker and live[worker]) then
    free[#free + 1] = shard
  end
end
for _, shard in ipairs(free) do
  if mine >= fair then break end
  -- A commit under an older token is refused from here on.
  local token = redis.call('HINCRBY', KEYS[2], 't' .. shard, 1)
  local held = ARGV[1] .. ' ' .. string.format('%d', token)
  redis.call('HSET', KEYS[2], shard, held)
  mine = mine + 1
  reply[#reply + 1] = shard
  reply[#reply + 1] = held
end
return reply
