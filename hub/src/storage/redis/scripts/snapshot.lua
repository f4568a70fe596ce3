-- Answers the port's QueueSnapshot, JSON.
read()
local views = {}
for index, place in ipairs(waiting()) do views[index] = queued_view(place.run_id) end
return '{"number":' .. number_text(head.number)
  .. ',"held":' .. (head.held and cjson.encode(head.held) or 'null')
  .. ',"rules":' .. head.rules
  .. ',"running":' .. (head.running and running_view(get('run ' .. head.running)) or 'null')
  .. ',"queued":' .. json_list(views) .. '}'
