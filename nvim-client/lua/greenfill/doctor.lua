--- The server's report on what is set up.
local M = {}

local marks = { ok = '✓', warning = '!', failure = '✗' }

--- Opens the report.
function M.open()
  require('greenfill.client').request('greenfill/doctor', vim.empty_dict(), function(report)
    local lines = {}
    for _, finding in ipairs(report.findings) do
      lines[#lines + 1] = ('%s %s: %s'):format(marks[finding.state] or '?', finding.name, finding.message)
      if finding.advice then
        lines[#lines + 1] = '    ' .. finding.advice
      end
    end
    require('greenfill.panel').open('greenfill://doctor', lines, '')
  end)
end

return M
