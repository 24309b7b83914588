# Denied or Raised: fills the disk
def f(x):
    with open(CANARY_DIR + "/big", "wb") as file:
        while True:
            file.write(b"x" * (1 << 20))
