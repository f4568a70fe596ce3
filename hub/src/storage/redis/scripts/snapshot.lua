-- Answers the port's QueueSnapshot, JSON.
local views = {}
for index, place in ipairs(waiting()) do views[index] = cjson.encode(place.run.view) end
local run_id = running_id()
local reason = held()
return '{"number":' .. string.format('%.0f', head_number('number'))
  .. ',"held":' .. (reason and cjson.encode(reason) or 'null')
  .. ',"rules":' .. rules_text()
  .. ',"running":' .. (run_id and cjson.encode(get_run(run_id).view) or 'null')
  .. ',"queued":' .. json_list(views) .. '}'
