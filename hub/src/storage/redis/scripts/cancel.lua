-- ARGV: 1 the CancelSelector as JSON  2 finished at  3 reason  4 since when finished runs are kept. Answers the views of the cancelled runs, JSON.
local selector = cjson.decode(ARGV[1])
local run_ids = {}
if selector.by == 'runs' then
  for _, run_id in ipairs(selector.runIds) do run_ids[run_id] = true end
end

local function is_meant(run)
  local view = run.view
  if selector.by == 'all' then return true end
  if selector.by == 'runs' then return run_ids[view.runId] == true end
  if selector.by == 'author' then return view.author.participantId == selector.participantId end
  return selector.by == 'cell' and view.target.kind == 'cell' and view.target.cellId == selector.cellId
end

local finished = withdraw(is_meant, ARGV[2], ARGV[3], ARGV[4])
if #finished == 0 then return EMPTY_LIST end
tell({}, finished)
return json_list(finished)
