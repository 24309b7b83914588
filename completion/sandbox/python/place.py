"""Where imports lead: the folders they begin in, and what those of another file mean here.

The server says where a file lies among the packages of the workspace; see place.go.
"""
import ast
import os
import sys


def look_through(folders, workspace):
    """Have imports begin in the folders: before all else, in their order.

    One below the workspace that has a module named like one of the standard library's comes
    behind that: whoever imports the file never sees it otherwise.
    """
    standard = getattr(sys, "stdlib_module_names", None)
    if standard is None:  # before 3.10
        standard = {n.split(".")[0] for n in os.listdir(os.path.dirname(os.__file__))}
    first, behind = [], []
    for folder in folders:
        try:
            hides = folder != workspace and any(n.split(".")[0] in standard for n in os.listdir(folder))
        except OSError:
            hides = False
        (behind if hides else first).append(folder)
    others = [p for p in sys.path if p not in folders]
    at = next((i for i, p in enumerate(others) if p.endswith(("site-packages", "dist-packages"))), len(others))
    sys.path[:] = first + others[:at] + behind + others[at:]


class Top:
    """Finds the package that the workspace itself is: the folder it lies in is out of reach."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder

    def find_spec(self, name, path=None, target=None):
        if name != self.name or path is not None:
            return None
        from importlib.util import spec_from_file_location
        return spec_from_file_location(name, self.folder + "/__init__.py", submodule_search_locations=[self.folder])


class Own:
    """Finds the program's file where others import it: as it is on disk, and so with functions unwritten.

    Its asserts at module level, which hold only once they are written, are left out.
    """

    def __init__(self, file, module, top):
        self.file, self.name, self.top = file, module.rpartition(".")[2], top

    def find_spec(self, name, path=None, target=None):
        if name.rpartition(".")[2] != self.name:
            return None
        from importlib.machinery import PathFinder, SourceFileLoader

        class Loader(SourceFileLoader):
            def get_code(self, fullname):
                tree = compile(self.get_data(self.path), self.path, "exec", ast.PyCF_ONLY_AST, True)
                tree.body = [s for s in tree.body if not isinstance(s, ast.Assert)]
                return compile(tree, self.path, "exec", 0, True)

        spec = self.top and self.top.find_spec(name, path) or PathFinder.find_spec(name, path)
        if spec is None or spec.origin != self.file:
            return None
        spec.loader = Loader(name, self.file)
        return spec


class Mover(ast.NodeTransformer):
    """Has a statement of one file mean the same in the module of another: relative imports, __file__."""

    def __init__(self, place):
        self.file = place["file"]
        self.package = place["package"].split(".") if place["package"] else []

    def visit_ImportFrom(self, node):
        if not node.level:
            return node
        parents = self.package[:len(self.package) - node.level + 1]
        if node.level > len(self.package):
            text = "attempted relative import " + ("beyond top-level package" if self.package else "with no known parent package")
            error = ast.Call(func=ast.Name(id="ImportError", ctx=ast.Load()), args=[ast.Constant(text)], keywords=[])
            return ast.fix_missing_locations(ast.copy_location(ast.Raise(exc=error, cause=None), node))
        node.module, node.level = ".".join(parents + ([node.module] if node.module else [])), 0
        return node

    def visit_Name(self, node):
        if node.id == "__file__" and self.file and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Constant(self.file), node)
        return node


def moved(tree, place):
    """A tree of another file's statements, for the user's module; place is None where they are its own."""
    return tree if place is None else Mover(place).visit(tree)


def imports_of(source, package):
    """The line of source that imports from its own package, which has the topmost name given; 0 if none does."""
    if "import" not in source:
        return 0
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return 0
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        if getattr(node, "level", 0) or package in [name.split(".")[0] for name in names]:
            return node.lineno
    return 0
