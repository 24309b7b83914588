--- Ghost text, whoever draws it: Neovim's own vim.lsp.inline_completion where it exists
--- (0.12), else greenfill.ghost. Both have the same functions; this file chooses, maps the
--- keys and shows the verified label.
local config = require('greenfill.config')

local M = {}

---@class greenfill.Backend
---@field attach fun(client: vim.lsp.Client, buf: integer)
---@field detach fun(buf: integer)
---@field visible fun(buf: integer): boolean
---@field accept fun(buf: integer): boolean
---@field accept_line fun(buf: integer): boolean
---@field select fun(buf: integer, count: integer): boolean whether there was a choice
---@field dismiss fun(buf: integer)
---@field request fun(buf: integer, invoked: boolean)

local cycled = {} ---@type table<integer, boolean> whether the user is choosing, by buffer

---@return greenfill.Backend?
local function backend()
  local choice = config.options.ghost_text
  if choice == false then
    return nil
  end
  local native = vim.lsp.inline_completion ~= nil
  if choice == 'native' or (choice == 'auto' and native) then
    return native and require('greenfill.native') or nil
  end
  return require('greenfill.ghost')
end

--- Runs fn(backend, buf) for the current buffer if ghost text is on.
local function with(fn, otherwise)
  local b = backend()
  if not b then
    return otherwise
  end
  return fn(b, vim.api.nvim_get_current_buf())
end

function M.visible()
  return with(function(b, buf)
    return b.visible(buf)
  end, false)
end

function M.accept()
  return with(function(b, buf)
    return b.accept(buf)
  end, false)
end

function M.accept_line()
  return with(function(b, buf)
    return b.accept_line(buf)
  end, false)
end

function M.select(count)
  with(function(b, buf)
    cycled[buf] = b.select(buf, count)
  end)
end

function M.dismiss()
  with(function(b, buf)
    b.dismiss(buf)
  end)
end

function M.trigger()
  with(function(b, buf)
    b.request(buf, true)
  end)
end

--- There is more than what was answered last: asks again, unless the user is choosing.
function M.refresh(buf)
  local b = backend()
  if b and not cycled[buf] and vim.api.nvim_get_mode().mode:sub(1, 1) == 'i' then
    b.request(buf, false)
  end
end

--- Types lhs as if it had not been mapped by this plugin.
local function fall_back(lhs)
  for _, map in ipairs(vim.api.nvim_get_keymap('i')) do
    if vim.keycode(map.lhs) == vim.keycode(lhs) then
      local keys = map.rhs or ''
      if map.callback then
        keys = map.callback()
      elseif map.expr == 1 then
        keys = vim.api.nvim_eval(map.rhs)
      end
      if map.expr == 1 or map.rhs then
        keys = map.replace_keycodes == 0 and (keys or '') or vim.keycode(keys or '')
        vim.api.nvim_feedkeys(keys, map.noremap == 1 and 'n' or 'm', false)
      end
      return
    end
  end
  vim.api.nvim_feedkeys(vim.keycode(lhs), 'n', false)
end

local actions = {
  accept = M.accept,
  accept_line = M.accept_line,
  next = function()
    M.select(1)
  end,
  previous = function()
    M.select(-1)
  end,
  dismiss = M.dismiss,
}

local function map_keys(buf)
  for name, lhs in pairs(config.options.keys) do
    if lhs then
      vim.keymap.set('i', lhs, function()
        if M.visible() then
          actions[name]()
        else
          fall_back(lhs)
        end
      end, { buffer = buf, desc = 'Greenfill: ' .. name:gsub('_', ' ') })
    end
  end
end

--- Called for each buffer that the server is attached to.
function M.attach(client, buf)
  local b = backend()
  if not b then
    return
  end
  local group = vim.api.nvim_create_augroup('greenfill.inline:' .. buf, { clear = true })
  vim.api.nvim_create_autocmd({ 'TextChangedI', 'InsertLeave' }, {
    group = group,
    buffer = buf,
    callback = function()
      cycled[buf] = nil
    end,
  })
  vim.api.nvim_create_autocmd('LspDetach', {
    group = group,
    buffer = buf,
    callback = function(event)
      if event.data.client_id == client.id then
        vim.api.nvim_del_augroup_by_id(group)
        cycled[buf] = nil
        b.detach(buf)
        require('greenfill.results').forget(buf)
      end
    end,
  })
  map_keys(buf)
  b.attach(client, buf)
end

return M
