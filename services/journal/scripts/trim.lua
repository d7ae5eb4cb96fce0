-- Drops from a shard what every group has settled, and what is older than the retention.
-- KEYS shard stream, groups, holders, positions
-- ARGV shard number, retention (ms), holder, id up to which the holder has settled all
-- Returns how many entries went. A group's positions are at /journal/<group>/positions.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
-- Also past what the holder had no use for, which no commit tells of.
if redis.call('HGET', KEYS[3], ARGV[1]) == ARGV[3] then
  redis.call('HSET', KEYS[4], ARGV[1], ARGV[4])
end
local settled_ms, settled_seq
for _, group in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  local position = redis.call('HGET', '/journal/' .. group .. '/positions', ARGV[1]) or '0-0'
  local ms, seq = string.match(position, '^(%d+)-(%d+)$')
  ms, seq = tonumber(ms), tonumber(seq)
  if not settled_ms or ms < settled_ms or (ms == settled_ms and seq < settled_seq) then
    settled_ms, settled_seq = ms, seq
  end
end
local expired = now - tonumber(ARGV[2])
if not settled_ms or settled_ms < expired then settled_ms, settled_seq = expired, 0 end
return redis.call('XTRIM', KEYS[1], 'MINID', string.format('%d-%d', settled_ms, settled_seq))
