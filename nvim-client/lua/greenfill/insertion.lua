--- How a body gets into the text at the cursor. What was typed since the body was offered
--- is part of it or it is not inserted at all: nothing is ever doubled.
local M = {}

--- The cursor's row and byte column, both from 0.
---@return integer, integer
function M.cursor()
  local position = vim.api.nvim_win_get_cursor(0)
  return position[1] - 1, position[2]
end

---@return string
function M.line(buf, row)
  return vim.api.nvim_buf_get_lines(buf, row, row + 1, false)[1] or ''
end

--- What of a text that was offered for (row, column) is still to be inserted at the cursor;
--- nil if something else was typed.
---@return string?
function M.rest(buf, row, column, text)
  local at_row, at_column = M.cursor()
  if at_row ~= row or at_column < column then
    return nil
  end
  local typed = M.line(buf, row):sub(column + 1, at_column)
  return vim.startswith(text, typed) and text:sub(#typed + 1) or nil
end

--- Inserts text at the cursor as an undo step of its own, and puts the cursor behind it.
function M.insert(buf, text)
  local row, column = M.cursor()
  vim.bo[buf].undolevels = vim.bo[buf].undolevels -- ends the undo step so far
  local lines = vim.split(text, '\r?\n')
  vim.api.nvim_buf_set_text(buf, row, column, row, column, lines)
  local last = #lines == 1 and column + #text or #lines[#lines]
  vim.api.nvim_win_set_cursor(0, { row + #lines, last })
end

--- A text's first line with the break and the indentation of the next; nil if it has but one.
---@return string?
function M.first_line(text)
  return text:match('^[^\n]*\n[ \t]*')
end

return M
