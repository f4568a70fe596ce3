-- Put in front of steps that end waiting runs, behind queue-places.lua and queue-ends.lua.

-- Ends those of which `is_meant` says so, told what is pinned of each; answers that as JSON texts, in order, and puts how they ended
-- into `ends`.
local function withdraw(is_meant, finished_at, since, reason, ends)
  local settlement = ',"state":"cancelled","finishedAt":' .. cjson.encode(finished_at)
    .. ',"executionCount":null,"reason":' .. cjson.encode(reason) .. '}'
  local runs = {}
  for _, place in ipairs(waiting()) do
    if is_meant(cjson.decode(read('run ' .. place.run_id))) then
      local finish = '{"runId":' .. cjson.encode(place.run_id) .. settlement
      redis.call('LREM', KEYS[2], '1', place.text)
      runs[#runs + 1] = keep_ended(place.run_id, place.hash, 'null', finish, finished_at, since)
      ends[#ends + 1] = finish
    end
  end
  return runs
end

-- Of the batch of a run that failed, what waits, unless it said otherwise; answers how they and this one ended, JSON texts.
local function withdraw_rest(run, finish, finished_at, since)
  local failed, ends = cjson.decode(run), { finish }
  local function is_rest(other) return other.batchId == failed.batchId end
  if failed.stopOnError ~= false then
    withdraw(is_rest, finished_at, since, 'An earlier run of the same batch failed.', ends)
  end
  return table.concat(ends, ',')
end
