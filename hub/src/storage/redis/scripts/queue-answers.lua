-- Put in front of steps that read what a request was answered, behind queue-state.lua.

-- With what is pinned of each run that it queued, in order, JSON; nil when one of them isn't kept any more.
local function whole_answer(kept)
  local runs = {}
  for run_id in string.gmatch(kept, '([^\n]*)\n') do
    local run = read('run ' .. run_id)
    if not run then return nil end
    runs[#runs + 1] = run
  end
  return '{"answer":' .. string.match(kept, '[^\n]*$') .. ',"runs":[' .. table.concat(runs, ',') .. ']}'
end
