--- What differs between Neovim 0.10 and later, in one place.
local M = {}

local methods = vim.fn.has('nvim-0.11') == 1

--- Sends a request. Returns its id, or nil when the client has stopped.
---@return integer?
function M.request(client, method, params, handler, buf)
  local ok, id
  if methods then
    ok, id = client:request(method, params, handler, buf)
  else
    ok, id = client.request(method, params, handler, buf)
  end
  return ok and id or nil
end

function M.notify(client, method, params)
  if methods then
    client:notify(method, params)
  else
    client.notify(method, params)
  end
end

function M.cancel(client, id)
  if methods then
    client:cancel_request(id)
  else
    client.cancel_request(id)
  end
end

function M.stop(client, force)
  if methods then
    client:stop(force)
  else
    client.stop(force)
  end
end

function M.is_stopped(client)
  if methods then
    return client:is_stopped()
  end
  return client.is_stopped()
end

--- The byte column of an LSP position in a line; past its end, the end.
---@param line string
---@param character integer in the client's encoding
---@param encoding string
---@return integer
function M.byte_column(line, character, encoding)
  if encoding == 'utf-8' then
    return math.min(character, #line)
  end
  if methods then
    return vim.str_byteindex(line, encoding, character, false)
  end
  local ok, column = pcall(vim.str_byteindex, line, character, encoding == 'utf-16')
  return ok and column or #line
end

return M
