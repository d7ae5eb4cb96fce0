-- Gives shards back, and leaves the group when ARGV[2] is '1'.
-- KEYS workers, holders ; ARGV worker, leave, then shard, holder, shard, holder, ...
for index = 3, #ARGV, 2 do
  if redis.call('HGET', KEYS[2], ARGV[index]) == ARGV[index + 1] then
    redis.call('HDEL', KEYS[2], ARGV[index])
  end
end
if ARGV[2] == '1' then redis.call('ZREM', KEYS[1], ARGV[1]) end
return 'done'
