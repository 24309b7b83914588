"""Tells what CPython knows of Python files: one path a line in, one JSON object a line out."""
import ast
import doctest
import inspect
import json
import sys
import warnings

warnings.simplefilter("ignore")
sys.setrecursionlimit(10000)


def functions(node, prefix, found):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            doc = ast.get_docstring(child, clean=False)
            found.append({
                "name": prefix + child.name,
                "line": child.lineno,
                "end": child.end_lineno,
                "doc": None if doc is None else inspect.cleandoc(doc),
                "examples": examples(doc),
            })
            functions(child, prefix + child.name + ".<locals>.", found)
        elif isinstance(child, ast.ClassDef):
            functions(child, prefix + child.name + ".", found)
        else:
            functions(child, prefix, found)


def examples(doc):
    if doc is None or ">>>" not in doc:
        return []
    try:
        return [{"source": e.source, "want": e.want, "line": e.lineno}
                for e in doctest.DocTestParser().get_examples(doc)]
    except ValueError:
        return None


for path in sys.stdin:
    try:
        with open(path.rstrip("\n"), "rb") as f:
            source = f.read()
        tree = ast.parse(source)
        found = []
        functions(tree, "", found)
        found.sort(key=lambda f: f["line"])
        print(json.dumps({"compiles": True, "functions": found}), flush=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError) as e:
        print(json.dumps({"compiles": False, "error": repr(e)}), flush=True)
