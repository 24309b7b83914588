--- What the server said last about each spec, and the one thing it is good for here:
--- to ask again when there is more than what is on the screen.
local M = {}

---@class greenfill.Results
---@field uri string
---@field version integer
---@field spec string
---@field key string
---@field range lsp.Range
---@field hole lsp.Range
---@field state string
---@field samples integer
---@field planned integer
---@field passed integer
---@field completions integer
---@field checks integer
---@field message string

local known = {} ---@type table<integer, table<string, greenfill.Results>> by buffer and spec

--- Whether the cursor stands where a body would go: in the hole, or on the empty lines
--- behind it.
local function holds_cursor(buf, results)
  if vim.api.nvim_get_current_buf() ~= buf then
    return false
  end
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  if row < results.hole.start.line then
    return false
  end
  local below = vim.api.nvim_buf_get_lines(buf, results.hole['end'].line + 1, row + 1, false)
  return not vim.iter(below):any(function(line)
    return line:find('%S') ~= nil
  end)
end

--- Takes news about a spec.
---@param results greenfill.Results
---@param client_id integer
function M.update(results, client_id)
  local buf = vim.fn.bufnr(vim.uri_to_fname(results.uri))
  if buf == -1 or not vim.api.nvim_buf_is_loaded(buf) then
    return
  end
  known[buf] = known[buf] or {}
  local before = known[buf][results.spec]
  known[buf][results.spec] = results
  local same = before and before.key == results.key
  local more = results.completions > (same and before.completions or 0)
  local better = same and results.completions > 0 and results.message ~= before.message
  if (more or better) and holds_cursor(buf, results) then
    require('greenfill.inline').refresh(buf, client_id)
  end
end

--- What is known about the function at the cursor.
---@return greenfill.Results?
function M.here()
  local buf = vim.api.nvim_get_current_buf()
  for _, results in pairs(known[buf] or {}) do
    if holds_cursor(buf, results) then
      return results
    end
  end
end

--- Forgets a buffer.
function M.forget(buf)
  known[buf] = nil
end

return M
