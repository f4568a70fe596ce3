-- Put in front of steps that take a run, behind queue-pinned.lua.

-- Makes what has that place the run that runs, and writes this with the number of the change; answers what is pinned of it.
local function take(place, hash, run_id, round, started_at, number)
  if round ~= '0' then
    local turn, author = read('turn'), string.match(place, '\n' .. round .. '\n([^\n]*)')
    if tonumber(round) > tonumber(string.match(turn, '^%d+')) then turn = round .. '\n' .. author .. '\n'
    elseif not string.find(turn, '\n' .. author .. '\n', 1, true) then turn = turn .. author .. '\n' end
    redis.call('HSET', KEYS[1], 'turn', turn)
  end
  redis.call('HSET', KEYS[1], 'number', number, 'running', started_at .. '\n' .. place)
  return pinned(run_id, hash, started_at)
end
