--- A scratch window with lines that cannot be edited; `q` closes it.
local M = {}

--- Opens the window, or refills the one of that name. Returns its buffer.
---@param name string
---@param lines string[]
---@param filetype string
---@return integer
function M.open(name, lines, filetype)
  local buf = vim.fn.bufnr('^' .. name .. '$')
  if buf == -1 then
    buf = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buf, name)
    vim.bo[buf].bufhidden = 'wipe'
    vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buf, desc = 'Close' })
  end
  vim.bo[buf].modifiable = true
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].modifiable = false
  local window = vim.fn.bufwinid(buf)
  if window == -1 then
    vim.cmd('botright split')
    vim.api.nvim_win_set_buf(0, buf)
    vim.api.nvim_win_set_height(0, math.min(#lines + 1, math.floor(vim.o.lines / 2)))
  else
    vim.api.nvim_set_current_win(window)
  end
  vim.bo[buf].syntax = filetype
  return buf
end

return M
