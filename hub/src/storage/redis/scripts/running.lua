-- Answers what is pinned of the run that runs; an empty list when none does.
local started_at, hash, run_id = parse_running(read('running'))
return run_id and pinned(run_id, hash, started_at) or {}
