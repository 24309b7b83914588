--- Ghost text by Neovim's own vim.lsp.inline_completion (0.12 and later). Only what that
--- module makes public is used, and the names of its namespace and of its event group.
local insertion = require('greenfill.insertion')

local M = {}

local native = vim.lsp.inline_completion
local ghost_namespace = vim.api.nvim_create_namespace('nvim.lsp.inline_completion')
local label_namespace = vim.api.nvim_create_namespace('greenfill.label')

local function first_ghost(buf)
  return vim.api.nvim_buf_get_extmarks(buf, ghost_namespace, 0, -1, { limit = 1 })[1]
end

function M.visible(buf)
  return first_ghost(buf) ~= nil
end

--- Neovim does not show the title of an item, so what is known about the function stands
--- behind the line above the ghost text.
local function show_label(buf)
  if not vim.api.nvim_buf_is_valid(buf) then
    return
  end
  vim.api.nvim_buf_clear_namespace(buf, label_namespace, 0, -1)
  local ghost = first_ghost(buf)
  local results = ghost and require('greenfill.results').here()
  if results and results.completions > 0 then
    vim.api.nvim_buf_set_extmark(buf, label_namespace, math.max(ghost[2] - 1, 0), 0, {
      virt_text = { { '  ' .. results.message, 'GreenfillVerified' } },
      virt_text_pos = 'eol',
    })
  end
end

function M.attach(client, buf)
  local group = vim.api.nvim_create_augroup('greenfill.native:' .. buf, { clear = true })
  local function show_soon()
    vim.schedule(function()
      show_label(buf)
    end)
  end
  vim.api.nvim_create_autocmd({ 'CursorMovedI', 'TextChangedI', 'InsertLeave' }, {
    group = group,
    buffer = buf,
    callback = show_soon,
  })
  vim.api.nvim_create_autocmd('LspRequest', {
    group = group,
    buffer = buf,
    callback = function(event)
      local request = event.data.request
      if
        event.data.client_id == client.id
        and request.type == 'complete'
        and request.method == 'textDocument/inlineCompletion'
      then
        show_soon()
      end
    end,
  })
  native.enable(true, { bufnr = buf })
end

function M.detach(buf)
  pcall(vim.api.nvim_del_augroup_by_name, 'greenfill.native:' .. buf)
end

--- Inserts what of the shown item is still to come, or its first line. Neovim itself would
--- replace the range of the answer, and double what was typed since.
local function accept(buf, whole)
  return native.get({
    bufnr = buf,
    on_accept = function(item)
      local row, column = insertion.cursor()
      if item.range then
        row, column = item.range:to_extmark()
      end
      local rest = insertion.rest(buf, row, column, item.insert_text)
      local part = rest and not whole and insertion.first_line(rest)
      if part then
        insertion.insert(buf, part)
      elseif rest then
        insertion.insert(buf, rest)
        if item.command then
          require('greenfill.client').run(item.command)
        end
      end
    end,
  })
end

function M.accept(buf)
  return accept(buf, true)
end

--- Inserts up to the end of the first line.
function M.accept_line(buf)
  return accept(buf, false)
end

function M.select(buf, count)
  native.select({ bufnr = buf, count = count })
  local results = require('greenfill.results').here()
  return results ~= nil and results.completions > 1
end

--- Off until the text changes: there is no other way to hide what is shown.
function M.dismiss(buf)
  native.enable(false, { bufnr = buf })
  show_label(buf)
  vim.api.nvim_create_autocmd({ 'TextChangedI', 'InsertLeave' }, {
    buffer = buf,
    once = true,
    callback = function()
      native.enable(true, { bufnr = buf })
    end,
  })
end

--- Asks again. By typing's way, or through a command where the user wants one now: Neovim
--- lets no one else say that a request was invoked.
function M.request(buf, invoked)
  if invoked then
    local client = require('greenfill.client')
    client.execute('greenfill.complete', { client.here() })
    return
  end
  vim.api.nvim_exec_autocmds('CursorMovedI', {
    group = 'nvim.lsp.inline_completion:' .. buf,
    buffer = buf,
    modeline = false,
  })
end

return M
