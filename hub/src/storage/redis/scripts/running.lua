-- Answers the running run as QueuedRun, JSON; null when none is.
local run_id = running_id()
return run_id and with_source(get_run(run_id)) or 'null'
