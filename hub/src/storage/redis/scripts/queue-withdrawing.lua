-- Put in front of steps that end waiting runs, behind queue-places.lua and queue-ends.lua.

-- Ends those of which `is_meant` says so, told what is pinned of each; answers that as JSON texts, in order, and puts how they ended
-- into `ends`. When, since when such are kept, and why: JSON.
local function withdraw(is_meant, finished_at, since, reason, ends)
  local finish = '"state":"cancelled","executionCount":null,"reason":' .. reason
  local runs = {}
  for _, place in ipairs(waiting()) do
    local run = read('run ' .. place.run_id)
    if is_meant(cjson.decode(run)) then
      redis.call('LREM', KEYS[2], '1', place.text)
      runs[#runs + 1] = run
      ends[#ends + 1] = keep_ended(place.run_id, place.hash, 'null', finish, finished_at, since)
    end
  end
  return runs
end

-- Of the batch of a run that failed, what waits, unless it said otherwise; answers how they and this one ended, JSON texts.
local function withdraw_rest(run_id, finish, finished_at, since)
  local failed, ends = cjson.decode(read('run ' .. run_id)), { finish }
  local function is_rest(other) return other.batchId == failed.batchId end
  if failed.stopOnError ~= false then
    withdraw(is_rest, finished_at, since, '"An earlier run of the same batch failed."', ends)
  end
  return table.concat(ends, ',')
end

-- Ends the run that ran, `finish` being its end (keep_ended), and with a failed one the rest of its batch; answers how they ended, JSON
-- texts.
local function end_running(run_id, hash, started_at, finish, finished_at, since)
  local told = keep_ended(run_id, hash, started_at, finish, finished_at, since)
  local is_failed = string.find(finish, '"state":"failed"', 1, true)
  return is_failed and withdraw_rest(run_id, told, finished_at, since) or told
end
