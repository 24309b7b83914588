# Raised or Denied: fetches a page
import urllib.request
def f(x):
    return urllib.request.urlopen("http://127.0.0.1:%d/" % PORT).read()
