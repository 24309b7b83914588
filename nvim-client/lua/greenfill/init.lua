--- Greenfill for Neovim: call setup() once; the rest of this table is what key maps and
--- status lines use. The server does the thinking; see `:help greenfill`.
local M = {}

--- Starts the server for Python buffers, present and future.
---@param opts? greenfill.Options
function M.setup(opts)
  require('greenfill.config').set(opts)
  local group = vim.api.nvim_create_augroup('greenfill', { clear = true })
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = 'python',
    callback = function(event)
      require('greenfill.client').attach(event.buf)
    end,
  })
  require('greenfill.highlight').define(group)
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buf) and vim.bo[buf].filetype == 'python' then
      require('greenfill.client').attach(buf)
    end
  end
end

--- Inserts the ghost text that is shown. Returns false when there is none.
---@return boolean
function M.accept()
  return require('greenfill.inline').accept()
end

--- Inserts the first line of the ghost text. The server verifies what then stands there.
---@return boolean
function M.accept_line()
  return require('greenfill.inline').accept_line()
end

--- Shows the next of several verified bodies.
function M.next()
  require('greenfill.inline').select(1)
end

--- Shows the previous one.
function M.previous()
  require('greenfill.inline').select(-1)
end

--- Hides the ghost text until the text changes.
function M.dismiss()
  require('greenfill.inline').dismiss()
end

--- Whether ghost text of Greenfill is on the screen.
---@return boolean
function M.visible()
  return require('greenfill.inline').visible()
end

--- Asks for a body at the cursor now, in insert mode, whatever the setting `trigger` says.
function M.trigger()
  require('greenfill.inline').trigger()
end

--- A component for status lines: '' without a server, else one short line.
---@return string
function M.statusline()
  return require('greenfill.status').component()
end

return M
