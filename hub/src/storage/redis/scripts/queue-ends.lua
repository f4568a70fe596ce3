-- Put in front of steps that end runs, behind queue-state.lua.

-- Keeps a run that has ended, and of the others the last and, as each tenth sees to, those that ended since; answers what is pinned of
-- it. `finish`: its id and the Settlement, JSON.
local function keep_ended(run_id, hash, started_at, finish, finished_at, since)
  local run, client, used = read('run ' .. run_id, 'client ' .. run_id, 'uses ' .. hash)
  local kept = redis.call('RPUSH', KEYS[3],
    finished_at .. ' ' .. run_id .. ' "run":' .. run .. ',"startedAt":' .. started_at .. ',"end":' .. finish)
  if kept > MOST_KEPT then redis.call('LPOP', KEYS[3], kept - KEPT) end
  if kept % 10 == 0 then
    while string.match(redis.call('LINDEX', KEYS[3], '0'), '^%S+') < since do redis.call('LPOP', KEYS[3]) end
  end
  if used == '1' then redis.call('HDEL', KEYS[1], 'run ' .. run_id, 'source ' .. hash, 'uses ' .. hash)
  else
    redis.call('HDEL', KEYS[1], 'run ' .. run_id)
    redis.call('HINCRBY', KEYS[1], 'uses ' .. hash, '-1')
  end
  if client then redis.call('HDEL', KEYS[1], 'client ' .. run_id) end
  return run
end
