--- Code lenses and inlay hints: Neovim draws them, this file only asks it to.
local compat = require('greenfill.compat')
local config = require('greenfill.config')

local M = {}

local native_lenses = vim.fn.has('nvim-0.12') == 1

-- Before 0.12 lenses are drawn when someone asks for them.
local function request_lenses(client, buf)
  local params = { textDocument = vim.lsp.util.make_text_document_params(buf) }
  compat.request(client, 'textDocument/codeLens', params, function(err, result, ctx)
    if not err and vim.api.nvim_buf_is_loaded(buf) then
      vim.lsp.codelens.on_codelens(err, result, ctx, {})
    end
  end, buf)
end

--- Shows what the options ask for in a buffer.
function M.attach(client, buf)
  local function supports(provider)
    return client.server_capabilities[provider]
  end
  if config.options.inlay_hints and supports('inlayHintProvider') then
    vim.lsp.inlay_hint.enable(true, { bufnr = buf })
  end
  if not (config.options.code_lens and supports('codeLensProvider')) then
    return
  end
  if native_lenses then
    vim.lsp.codelens.enable(true, { bufnr = buf })
    return
  end
  vim.api.nvim_create_autocmd({ 'BufEnter', 'InsertLeave', 'TextChanged' }, {
    group = vim.api.nvim_create_augroup('greenfill.lens:' .. buf, { clear = true }),
    buffer = buf,
    callback = function()
      if client.attached_buffers[buf] then
        request_lenses(client, buf)
      end
    end,
  })
  request_lenses(client, buf)
end

--- Answers the server's workspace/codeLens/refresh; Neovim does so itself from 0.12.
function M.refresh_lenses(client_id)
  local client = vim.lsp.get_client_by_id(client_id)
  if client and config.options.code_lens then
    for buf in pairs(client.attached_buffers) do
      request_lenses(client, buf)
    end
  end
end

--- Runs a lens of the cursor's line.
function M.run_lens()
  vim.lsp.codelens.run()
end

return M
