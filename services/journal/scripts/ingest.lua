-- Stores an event once, in its producer's order.
-- KEYS stream, state, shard, epoch
-- ARGV producer, seq, kind, turn, work, payload, tenant, conversation, retention (s)
-- Returns {'stored', id} | {'repeat', id or ''} | {'gap', last} | {'exists'} | {'unknown'}
local stream, state, shard = KEYS[1], KEYS[2], KEYS[3]
local seq, kind = tonumber(ARGV[2]), ARGV[3]
local epoch = redis.call('GET', KEYS[4])
-- Someone flushed Redis: the caller reconnects on this, which makes a new epoch.
if not epoch then return redis.error_reply('NOSCRIPT the epoch is gone') end
local field = 'seq:' .. ARGV[1]
local seen = redis.call('HMGET', state, field, 'epoch')
local known, last_epoch = seen[1], seen[2]
local last, last_id = 0, ''
if known then
  local text
  text, last_id = string.match(known, '^(%d+) (.+)$')
  last = tonumber(text)
  last_epoch = string.match(last_id, '^%d+')
end
if last > 0 and seq <= last then return {'repeat', seq == last and last_id or ''} end
if kind == 'conversation.started' then
  if seen[2] then return {'exists'} end
elseif not seen[2] then
  return {'unknown'}
end
-- After a crash that lost events a producer is ahead of us. The changed epoch has reported that
-- loss; refusing the producer for ever would add to it.
if seq ~= last + 1 and not (last_epoch and last_epoch ~= epoch) then
  return {'gap', string.format('%d', last)}
end
local id = append(stream, state, shard, epoch, ARGV[7], ARGV[8],
  {kind = kind, turn = ARGV[4], work = ARGV[5], payload = ARGV[6]})
redis.call('HSET', state, field, ARGV[2] .. ' ' .. id)
if ARGV[5] == '1' then
  -- A tenant may keep its conversations for another time than the installation does.
  local own = redis.call('HGET', ARGV[7] .. '/config', 'retention_s')
  keep(stream, state, own or ARGV[9])
end
redis.call('PUBLISH', stream, id)
return {'stored', id}
