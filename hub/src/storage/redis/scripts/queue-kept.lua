-- Put in front of steps that look for runs, waiting, running or ended, behind queue-state.lua.

-- The view of one that ended, JSON without braces; nil when it isn't kept.
local function find_ended(run_id)
  -- Asked for is most often one of the last.
  local at_once = 50
  for up_to = redis.call('LLEN', KEYS[3]) - 1, 0, -at_once do
    local some = redis.call('LRANGE', KEYS[3], math.max(up_to - at_once + 1, 0), up_to)
    for index = #some, 1, -1 do
      local id = string.find(some[index], ' ', 1, true) + 1
      local view = id + #run_id + 1
      -- An id may have a space in it; behind it stands the view.
      if string.sub(some[index], id, view + 5) == run_id .. ' "run":' then return string.sub(some[index], view) end
    end
  end
end

-- The answer to a request, with what is pinned of the runs that it names, JSON; nil when one of them isn't kept any more.
local function whole_answer(answer)
  local runs = {}
  for _, each in ipairs(cjson.decode(answer).runs or {}) do
    if each.runId then
      local run = read('run ' .. each.runId)
      local view = run and '"run":' .. run or find_ended(each.runId)
      if not view then return nil end
      runs[#runs + 1] = '{' .. view .. '}'
    end
  end
  return '{"answer":' .. answer .. ',"runs":[' .. table.concat(runs, ',') .. ']}'
end
