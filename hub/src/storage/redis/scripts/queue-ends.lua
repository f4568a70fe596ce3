-- Put in front of steps that end runs, behind queue-state.lua.

-- Forgets so many of those that ended first.
local function forget_ended(count)
  local gone = redis.call('LPOP', KEYS[3], count)
  for index, text in ipairs(gone) do gone[index] = 'run ' .. string.match(text, '^.-\n(.-)\n') end
  redis.call('HDEL', KEYS[1], unpack(gone))
end

-- Keeps how a run has ended, and of the others the last and, as each tenth sees to, those that ended since. `finish`: the Settlement
-- without when that was, JSON without braces. Answers what is told of it, JSON.
local function keep_ended(run_id, hash, started_at, finish, finished_at, since)
  local kept = redis.call('RPUSH', KEYS[3], finished_at .. '\n' .. run_id .. '\n' .. started_at .. '\n' .. finish)
  if kept > MOST_KEPT then forget_ended(kept - KEPT) end
  if kept % 10 == 0 then
    while string.match(redis.call('LINDEX', KEYS[3], '0'), '^[^\n]*') < since do forget_ended(1) end
  end
  local uses = 'uses ' .. hash
  if read(uses) == '1' then redis.call('HDEL', KEYS[1], 'source ' .. hash, uses)
  else redis.call('HINCRBY', KEYS[1], uses, '-1') end
  return '{"runId":' .. run_id .. ',"finishedAt":' .. finished_at .. ',' .. finish .. '}'
end
