-- Raises the epoch when this Redis is not the run that the epoch was made for. Sent first on every
-- connection, so nothing is written after a restart before the epoch has changed. Milliseconds,
-- because a mere counter would come back with the same value when a crash loses its last step.
-- KEYS epoch, run. Returns the epoch.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local epoch = redis.call('GET', KEYS[1])
if not epoch or redis.call('GET', KEYS[2]) ~= run then
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  epoch = string.format('%d', math.max(now, tonumber(epoch or '0') + 1))
  redis.call('SET', KEYS[1], epoch)
  redis.call('SET', KEYS[2], run)
end
return epoch
