-- Gives shards back; with ARGV[2] = '1' whatever the worker holds, and its place in the group.
-- KEYS workers, holders ; ARGV worker, leave, then shard, holder, shard, holder, ...
for index = 3, #ARGV, 2 do
  if redis.call('HGET', KEYS[2], ARGV[index]) == ARGV[index + 1] then
    redis.call('HDEL', KEYS[2], ARGV[index])
  end
end
if ARGV[2] == '1' then
  -- A renewal that was under way may have won shards that the worker never heard of.
  local flat = redis.call('HGETALL', KEYS[2])
  for index = 1, #flat, 2 do
    if string.match(flat[index + 1], '^(.*) %d+$') == ARGV[1] then
      redis.call('HDEL', KEYS[2], flat[index])
    end
  end
  redis.call('ZREM', KEYS[1], ARGV[1])
end
return 'done'
