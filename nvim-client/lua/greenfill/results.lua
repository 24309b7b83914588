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

local function holds_cursor(buf, results)
  if vim.api.nvim_get_current_buf() ~= buf then
    return false
  end
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  return results.hole.start.line <= line and line <= results.hole['end'].line
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
  local more = results.completions > (before and before.key == results.key and before.completions or 0)
  if more and holds_cursor(buf, results) then
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
