-- Put in front of steps that hand a run over, behind queue-state.lua.

-- All that is pinned of a run, and when it was started, JSON that begins with `head`.
local function pinned(head, run_id, hash, started_at)
  local run, source = read('run ' .. run_id, 'source ' .. hash)
  return head .. '"startedAt":' .. started_at .. ',"run":' .. run .. ',' .. source .. '}'
end
