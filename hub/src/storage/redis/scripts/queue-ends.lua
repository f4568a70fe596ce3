-- Put in front of steps that end runs, behind queue-fields.lua.

local function oldest_is_over(since)
  local oldest = redis.call('LINDEX', KEYS[3], 0)
  return oldest and string.match(oldest, '^%S+') < since
end

local function forget(ended)
  local run_id = string.match(ended, ' (.*)$')
  remove('run ' .. run_id)
  remove('end ' .. run_id)
end

-- Keeps a run that has ended, and of the others the last and those that ended since. `settlement`: JSON without braces.
local function keep_ended(run_id, hash, started_at, settlement, finished_at, since)
  note('end ' .. run_id, '{"startedAt":' .. started_at .. ',' .. settlement .. '}')
  remove('rest ' .. run_id)
  if count_use(hash, -1) == 0 then remove('source ' .. hash) end
  local length = redis.call('RPUSH', KEYS[3], finished_at .. ' ' .. run_id)
  for _, ended in ipairs(let_go(KEYS[3], length)) do forget(ended) end
  while oldest_is_over(since) do forget(redis.call('LPOP', KEYS[3])) end
end

-- Ends the waiting runs of which `is_meant` says so, told what is pinned of each; answers that as JSON texts, in order, and puts
-- how they ended into `ends`.
local function withdraw(is_meant, finished_at, reason, since, ends)
  local settlement = '"state":"cancelled","finishedAt":' .. cjson.encode(finished_at)
    .. ',"executionCount":null,"reason":' .. cjson.encode(reason)
  local runs = {}
  for _, place in ipairs(waiting()) do
    local run = read('run ' .. place.run_id)
    if is_meant(cjson.decode(run)) then
      redis.call('LREM', KEYS[2], 1, place.text)
      runs[#runs + 1] = run
      ends[#ends + 1] = '{"runId":' .. cjson.encode(place.run_id) .. ',' .. settlement .. '}'
      keep_ended(place.run_id, place.hash, 'null', settlement, finished_at, since)
    end
  end
  return runs
end

-- Writes what was noted, and tells how these runs ended.
local function tell_ends(last, ends)
  local number = next_number(last)
  note('number', number)
  write()
  tell(number, '"ended":[' .. table.concat(ends, ',') .. ']')
end
