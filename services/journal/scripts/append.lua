-- Shared by the scripts that write: appends one event to a conversation's stream.

-- Whether an event id is still part of this conversation's history. Events that a crash of Redis
-- took away have ids beyond `end:<epoch>`, the last offset that survived in their epoch.
local function survived(state, id)
  local epoch, offset = string.match(id, '^(%d+)-(%d+)$')
  local head = redis.call('HMGET', state, 'epoch', 'offset', 'end:' .. epoch)
  if head[1] == epoch then return tonumber(offset) <= tonumber(head[2]) end
  return head[3] and tonumber(offset) <= tonumber(head[3]) or false
end

-- item: kind, turn ('' when the event is not a turn), work ('1' when consumers want it), payload
local function append(stream, state, shard, epoch, tenant, conversation, item)
  local head = redis.call('HMGET', state, 'epoch', 'offset')
  local offset = string.format('%d', tonumber(head[2] or '0') + 1)
  if head[1] and head[1] ~= epoch then redis.call('HSET', state, 'end:' .. head[1], head[2]) end
  local id = epoch .. '-' .. offset
  redis.call('XADD', stream, id, 'e', item.payload)
  redis.call('HSET', state, 'epoch', epoch, 'offset', offset)
  if item.turn ~= '' then
    -- What a turn said so far is superseded; nobody needs to read it any more.
    local field = 'partial:' .. item.turn
    local partial = redis.call('HGET', state, field)
    if partial then redis.call('XDEL', stream, partial) end
    if item.kind == 'turn.partial' then
      redis.call('HSET', state, field, id)
    elseif partial then
      redis.call('HDEL', state, field)
    end
  end
  if item.work == '1' then
    redis.call('XADD', shard, '*', 't', tenant, 'c', conversation, 'i', id, 'e', item.payload)
  end
  return id
end

local function keep(stream, state, seconds)
  redis.call('EXPIRE', stream, seconds)
  redis.call('EXPIRE', state, seconds)
end
