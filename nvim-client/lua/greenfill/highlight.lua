--- Highlight groups, linked so that every colour scheme has them.
local M = {}

local links = {
  GreenfillGhost = 'NonText',
  GreenfillVerified = 'DiagnosticOk',
}

--- Defines the groups now and after each change of colour scheme.
function M.define(group)
  local function define()
    for name, target in pairs(links) do
      vim.api.nvim_set_hl(0, name, { link = target, default = true })
    end
  end
  define()
  vim.api.nvim_create_autocmd('ColorScheme', { group = group, callback = define })
end

return M
