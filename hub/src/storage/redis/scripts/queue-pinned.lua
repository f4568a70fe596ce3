-- Put in front of steps that hand a run over, behind queue-state.lua.

-- Of the run that runs when it was started, what is pinned of it, and its source: a list, since joining so much takes time.
local function pinned(run_id, hash, started_at)
  local run, source = read('run ' .. run_id, 'source ' .. hash)
  return { started_at, run, source }
end
