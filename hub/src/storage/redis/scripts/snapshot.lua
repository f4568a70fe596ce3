-- Answers the port's QueueSnapshot, JSON; of each run what is pinned.
local number, held, rules, running = read('number', 'held', 'rules', 'running')
local runs = {}
for index, place in ipairs(waiting()) do runs[index] = read('run ' .. place.run_id) end
local started_at, _, run_id = parse_running(running)
return '{"number":' .. (number or 0)
  .. ',"held":' .. ((held or '') ~= '' and cjson.encode(held) or 'null')
  .. (rules and ',"rules":' .. rules or '')
  .. ',"running":' .. (run_id and '{"run":' .. read('run ' .. run_id) .. ',"startedAt":' .. started_at .. '}' or 'null')
  .. ',"queued":[' .. table.concat(runs, ',') .. ']}'
