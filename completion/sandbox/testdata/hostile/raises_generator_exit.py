# Raised: raises what closes generators
def f(x):
    raise GeneratorExit()
