"""Compiles what the fixtures' specs come to: one JSON object a line in, one answer a line out."""
import ast
import json
import sys
import warnings

warnings.simplefilter("ignore")


def find(node, path):
    for child in ast.walk(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and child is not node and child.name == path[0]:
            return child if len(path) == 1 else find(child, path[1:])
    return None


for line in sys.stdin:
    case = json.loads(line)
    errors = []
    for what in ("prelude", "checks", "doctests", "files"):
        for code in case[what] or []:
            try:
                compile(code if what == "doctests" else code.encode("utf-8", "surrogatepass"), what, "single" if what == "doctests" else "exec")
            except (SyntaxError, ValueError) as e:
                errors.append("%s: %s: %s" % (what, e, code))
    doc = None
    try:
        function = find(ast.parse(case["unit"]), [p for p in case["name"].split(".") if p != "<locals>"])
        if function is None:
            errors.append("unit: no " + case["name"] + ": " + case["unit"])
        else:
            doc = ast.get_docstring(function)
    except SyntaxError as e:
        errors.append("unit: %s: %s" % (e, case["unit"]))
    print(json.dumps({"errors": errors, "doc": doc or ""}), flush=True)
