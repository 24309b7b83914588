"""Says of pairs of programs whether they are the same: one JSON object a line in, one word a line out."""
import ast
import json
import sys
import warnings

warnings.simplefilter("ignore")


def meaning(code):
    try:
        return ast.dump(ast.parse(code))
    except (SyntaxError, ValueError):
        return None


for line in sys.stdin:
    pair = json.loads(line)
    a, b = meaning(pair["A"]), meaning(pair["B"])
    print("unknown" if a is None else "same" if a == b else "different", flush=True)
