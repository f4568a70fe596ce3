-- Put in front of steps that read the run that runs, behind queue-state.lua.

-- What `running` has: when it was started, the hash of its source, its id; nothing when no run is running.
local function parse_running(text)
  return string.match(text or '', '^([^\n]*)\n([^\n]*)\n([^\n]*)')
end
