--- Ghost text by extmarks, for Neovim before 0.12. It belongs to one text: the line it
--- stands on must still be what it was when the answer came, but for characters typed at
--- the cursor that the body itself begins with. Anything else hides it.
local compat = require('greenfill.compat')
local config = require('greenfill.config')
local insertion = require('greenfill.insertion')

local M = {}

local namespace = vim.api.nvim_create_namespace('greenfill.ghost')

---@class greenfill.Offer
---@field text string what is inserted
---@field row integer of the range, from 0
---@field column integer its first byte
---@field before string the line up to the range
---@field after string the line behind the range
---@field label string
---@field command? lsp.Command

---@class greenfill.Ghost
---@field client vim.lsp.Client
---@field timer uv.uv_timer_t
---@field pending? integer id of the request under way
---@field offers greenfill.Offer[]
---@field index integer the one that is shown
---@field lines integer of the buffer when the answer came

local ghosts = {} ---@type table<integer, greenfill.Ghost>

--- What of an offer is still to be inserted at the cursor, or nil if it no longer fits.
---@return string?
local function remainder(buf, ghost, offer)
  local _, column = insertion.cursor()
  local line = insertion.line(buf, offer.row)
  if
    vim.api.nvim_buf_line_count(buf) ~= ghost.lines
    or line:sub(1, offer.column) ~= offer.before
    or line:sub(column + 1) ~= offer.after
  then
    return nil
  end
  return insertion.rest(buf, offer.row, offer.column, offer.text)
end

local function hide(buf)
  vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
end

--- Draws the chosen offer. Returns false, and draws nothing, if it no longer fits.
local function draw(buf, ghost)
  hide(buf)
  local offer = ghost.offers[ghost.index]
  local rest = offer and remainder(buf, ghost, offer)
  if not rest or rest == '' then
    return false
  end
  local lines = {}
  for _, text in ipairs(vim.split(rest, '\n', { plain = true })) do
    text = text:gsub('\r$', ''):gsub('\t', (' '):rep(vim.bo[buf].tabstop))
    lines[#lines + 1] = { { text, 'GreenfillGhost' } }
  end
  local label = '  ' .. offer.label
  if #ghost.offers > 1 then
    label = ('%s (%d/%d)'):format(label, ghost.index, #ghost.offers)
  end
  table.insert(lines[#lines], { label, 'GreenfillVerified' })
  local row, column = insertion.cursor()
  vim.api.nvim_buf_set_extmark(buf, namespace, row, column, {
    virt_text = lines[1],
    virt_text_pos = 'inline',
    virt_lines = #lines > 1 and vim.list_slice(lines, 2) or nil,
    hl_mode = 'combine',
  })
  return true
end

local function cancel(ghost)
  ghost.timer:stop()
  if ghost.pending then
    compat.cancel(ghost.client, ghost.pending)
    ghost.pending = nil
  end
end

--- Forgets all offers and asks for none.
local function clear(buf, ghost)
  cancel(ghost)
  ghost.offers, ghost.index = {}, 1
  if vim.api.nvim_buf_is_valid(buf) then
    hide(buf)
  end
end

--- An item of the answer as an offer for the line that it speaks of.
local function offer_of(buf, item, encoding)
  local text = type(item.insertText) == 'table' and item.insertText.value or item.insertText
  local row, column = insertion.cursor()
  local line = insertion.line(buf, row)
  local last = column
  if item.range then
    row = item.range.start.line
    line = insertion.line(buf, row)
    column = compat.byte_column(line, item.range.start.character, encoding)
    last = compat.byte_column(line, item.range['end'].character, encoding)
  end
  return {
    text = text,
    row = row,
    column = column,
    before = line:sub(1, column),
    after = line:sub(last + 1),
    label = item.command and item.command.title or '',
    command = item.command,
  }
end

local function answered(buf, ghost, items)
  local shown = ghost.offers[ghost.index]
  ghost.offers, ghost.index = {}, 1
  ghost.lines = vim.api.nvim_buf_line_count(buf)
  for i, item in ipairs(items) do
    ghost.offers[i] = offer_of(buf, item, ghost.client.offset_encoding)
    if shown and shown.text == ghost.offers[i].text then
      ghost.index = i -- more bodies came: the one on the screen stays
    end
  end
  draw(buf, ghost)
end

--- Asks the server. An answer for a text that has moved on is dropped.
---@param buf integer
---@param invoked boolean by the user, not by typing
function M.request(buf, invoked)
  local ghost = ghosts[buf]
  if not ghost or vim.api.nvim_get_current_buf() ~= buf then
    return
  end
  cancel(ghost)
  local tick = vim.api.nvim_buf_get_changedtick(buf)
  local params = vim.lsp.util.make_position_params(0, ghost.client.offset_encoding)
  params.context = { triggerKind = invoked and 1 or 2 }
  params.textDocument.version = vim.lsp.util.buf_versions[buf]
  local id
  id = compat.request(ghost.client, 'textDocument/inlineCompletion', params, function(err, result)
    if ghost.pending ~= id then
      return
    end
    ghost.pending = nil
    local current = vim.api.nvim_get_current_buf() == buf
      and vim.api.nvim_buf_get_changedtick(buf) == tick
      and vim.api.nvim_get_mode().mode:sub(1, 1) == 'i'
    if err or not current or not result or result == vim.NIL then
      return
    end
    answered(buf, ghost, result.items or result)
  end, buf)
  ghost.pending = id
end

--- After each key: what is shown stays as long as it fits, and the server is asked again
--- when typing rests.
local function typed(buf, ghost)
  if not draw(buf, ghost) then
    clear(buf, ghost)
  end
  cancel(ghost)
  ghost.timer:start(config.options.debounce, 0, function()
    vim.schedule(function()
      if ghosts[buf] == ghost and vim.api.nvim_get_mode().mode:sub(1, 1) == 'i' then
        M.request(buf, false)
      end
    end)
  end)
end

function M.attach(client, buf)
  local ghost = { client = client, timer = assert(vim.uv.new_timer()), offers = {}, index = 1, lines = 0 }
  ghosts[buf] = ghost
  local group = vim.api.nvim_create_augroup('greenfill.ghost:' .. buf, { clear = true })
  vim.api.nvim_create_autocmd({ 'InsertEnter', 'CursorMovedI', 'TextChangedI', 'TextChangedP' }, {
    group = group,
    buffer = buf,
    callback = function()
      typed(buf, ghost)
    end,
  })
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave' }, {
    group = group,
    buffer = buf,
    callback = function()
      clear(buf, ghost)
    end,
  })
  if vim.api.nvim_get_current_buf() == buf and vim.api.nvim_get_mode().mode:sub(1, 1) == 'i' then
    typed(buf, ghost)
  end
end

function M.detach(buf)
  local ghost = ghosts[buf]
  if ghost then
    ghosts[buf] = nil
    ghost.pending = nil -- its server is gone
    clear(buf, ghost)
    ghost.timer:close()
    pcall(vim.api.nvim_del_augroup_by_name, 'greenfill.ghost:' .. buf)
  end
end

function M.visible(buf)
  return #vim.api.nvim_buf_get_extmarks(buf, namespace, 0, -1, { limit = 1 }) > 0
end

--- Takes what is left of the shown body from the screen; nil when nothing is shown.
local function take(buf)
  local ghost = ghosts[buf]
  local offer = ghost and ghost.offers[ghost.index]
  local rest = offer and remainder(buf, ghost, offer)
  if rest then
    clear(buf, ghost)
  end
  return rest, offer
end

--- Inserts the rest of the shown body and tells the server so.
function M.accept(buf)
  local rest, offer = take(buf)
  if rest then
    insertion.insert(buf, rest)
    if offer.command then
      require('greenfill.client').run(offer.command)
    end
  end
  return rest ~= nil
end

--- Inserts up to the end of the first line.
function M.accept_line(buf)
  local rest = take(buf)
  if rest then
    insertion.insert(buf, insertion.first_line(rest) or rest)
  end
  return rest ~= nil
end

--- Moves by count among the bodies, in a circle. Returns whether there were several.
function M.select(buf, count)
  local ghost = ghosts[buf]
  if ghost and #ghost.offers > 0 then
    ghost.index = (ghost.index - 1 + count) % #ghost.offers + 1
    draw(buf, ghost)
  end
  return ghost ~= nil and #ghost.offers > 1
end

function M.dismiss(buf)
  local ghost = ghosts[buf]
  if ghost then
    clear(buf, ghost)
  end
end

return M
