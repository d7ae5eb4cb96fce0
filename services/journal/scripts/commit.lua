-- Settles one event for a group: its results and the note that it is done, in one step.
-- KEYS stream, state, shard, epoch, holders, positions, dead
-- ARGV shard number, holder, group, event id, position, tenant, conversation, retention (s),
--      reason ('' or why the event is dead), kind, recovered ('1' when results say so), count,
--      then kind, turn, work, payload for each result
-- Returns 'done' | 'repeat' | 'gone' | 'fenced' | 'recover' (send again with service.restored)
local stream, state, shard = KEYS[1], KEYS[2], KEYS[3]
local group, event_id, reason = ARGV[3], ARGV[4], ARGV[9]
if redis.call('HGET', KEYS[5], ARGV[1]) ~= ARGV[2] then return 'fenced' end

local function position()
  if ARGV[5] ~= '' then redis.call('HSET', KEYS[6], ARGV[1], ARGV[5]) end
end

-- The conversation expired or was erased, or a crash took this event: nothing to add to.
if not survived(state, event_id) then
  position()
  return 'gone'
end
local done = redis.call('HMGET', state, 'done:' .. group, 'bad:' .. group)
if done[1] then
  local done_epoch, done_offset = string.match(done[1], '^(%d+)-(%d+)$')
  local epoch, offset = string.match(event_id, '^(%d+)-(%d+)$')
  done_epoch, done_offset = tonumber(done_epoch), tonumber(done_offset)
  epoch, offset = tonumber(epoch), tonumber(offset)
  if epoch < done_epoch or (epoch == done_epoch and offset <= done_offset) then
    position()
    return 'repeat'
  end
end
if reason == '' and done[2] and ARGV[11] ~= '1' then return 'recover' end

local now = redis.call('GET', KEYS[4])
if not now then return redis.error_reply('NOSCRIPT the epoch is gone') end
local id
for first = 13, 12 + 4 * tonumber(ARGV[12]), 4 do
  id = append(stream, state, shard, now, ARGV[6], ARGV[7],
    {kind = ARGV[first], turn = ARGV[first + 1], work = ARGV[first + 2], payload = ARGV[first + 3]})
end
redis.call('HSET', state, 'done:' .. group, event_id)
if reason ~= '' then
  redis.call('HSET', state, 'bad:' .. group, event_id)
  redis.call('XADD', KEYS[7], 'MAXLEN', '~', '10000', '*', 'tenant', ARGV[6],
    'conversation', ARGV[7], 'event', event_id, 'type', ARGV[10], 'reason', reason)
  redis.call('EXPIRE', KEYS[7], ARGV[8])
elseif done[2] then
  redis.call('HDEL', state, 'bad:' .. group)
end
position()
if id then redis.call('PUBLISH', stream, id) end
return 'done'
