-- Erases a conversation from the journal: its stream, its state, its entries in the shard, and the
-- pointers to its events among the dead ones.
-- KEYS stream, state, shard, groups ; ARGV tenant, conversation
-- Returns {events, entries of the shard, pointers}
local events = redis.call('XLEN', KEYS[1])
redis.call('DEL', KEYS[1], KEYS[2])

local function belongs(fields, tenant, conversation)
  local found = 0
  for index = 1, #fields, 2 do
    if fields[index] == tenant and fields[index + 1] == ARGV[1] then found = found + 1 end
    if fields[index] == conversation and fields[index + 1] == ARGV[2] then found = found + 1 end
  end
  return found == 2
end

-- XDEL only marks an entry as deleted; its bytes stay where they are until the whole node goes. So
-- what others have in the stream is written anew under its old ids, which no cursor notices.
local function without(stream, tenant, conversation)
  local kept, gone = {}, 0
  for _, entry in ipairs(redis.call('XRANGE', stream, '-', '+')) do
    if belongs(entry[2], tenant, conversation) then
      gone = gone + 1
    else
      kept[#kept + 1] = entry
    end
  end
  if gone == 0 then return 0 end
  local info = redis.call('XINFO', 'STREAM', stream)
  local last
  for index = 1, #info, 2 do
    if info[index] == 'last-generated-id' then last = info[index + 1] end
  end
  local ttl = redis.call('PTTL', stream)
  redis.call('DEL', stream)
  for _, entry in ipairs(kept) do redis.call('XADD', stream, entry[1], unpack(entry[2])) end
  if #kept == 0 then
    -- An empty stream that remembers its last id, so that ids go on rising.
    redis.call('XADD', stream, last, 'n', '')
    redis.call('XDEL', stream, last)
  else
    redis.call('XSETID', stream, last)
  end
  if ttl > 0 then redis.call('PEXPIRE', stream, ttl) end
  return gone
end

local work = without(KEYS[3], 't', 'c')
local pointers = 0
for _, group in ipairs(redis.call('SMEMBERS', KEYS[4])) do
  local dead = 'dead:' .. group
  if redis.call('EXISTS', dead) == 1 then
    pointers = pointers + without(dead, 'tenant', 'conversation')
  end
end
-- Who follows the conversation looks again, and finds that there is none.
redis.call('PUBLISH', KEYS[1], 'erased')
return {events, work, pointers}
