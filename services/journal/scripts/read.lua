-- Reads a conversation on from a cursor.
-- KEYS stream, state, epoch ; ARGV after ('' for the start), limit
-- Returns {status, epoch, head, id, payload, id, payload, ...}, status 'ok' | 'unknown' | 'resync'
local epoch = redis.call('GET', KEYS[3])
if not epoch then return redis.error_reply('NOSCRIPT the epoch is gone') end
local head = redis.call('HMGET', KEYS[2], 'epoch', 'offset')
if not head[1] then return {'unknown', epoch, ''} end
local reply = {'ok', epoch, head[1] .. '-' .. head[2]}
local from = '-'
if ARGV[1] ~= '' then
  if ARGV[1] == reply[3] then return reply end
  if not survived(KEYS[2], ARGV[1]) then
    reply[1] = 'resync'
    return reply
  end
  from = '(' .. ARGV[1]
end
if ARGV[2] == '0' then return reply end
local entries = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', ARGV[2])
for _, entry in ipairs(entries) do
  reply[#reply + 1] = entry[1]
  reply[#reply + 1] = entry[2][2]
end
return reply
