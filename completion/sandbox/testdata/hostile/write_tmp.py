# Denied or Raised: writes a temporary file
import tempfile
def f(x):
    return tempfile.mkstemp()
