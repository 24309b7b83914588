"""Checks compiled so that a failing assert tells what it compared.

`assert f(2) == 4` becomes, in effect,

    begin(k)
    if not (note(k, 0, f(2)) == note(k, 1, 4)):
        fail(k)

and each call of a method named assert..., of raises, warns or fail counts as an assert
that was reached. Evaluation order and short circuits stay as they are.
"""
import ast
import sys

from _greenfill import place

HOOK = "@greenfill"  # no Python source can name it
COUNTED = ("raises", "warns", "fail", "deprecated_call")
OPERATORS = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
             ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in"}


class Assert:
    """What is known of one assert before it runs."""

    def __init__(self, line, source):
        self.line = line
        self.source = source
        self.pairs = []     # (left note, operator, right note, whether the right side calls the function)
        self.truths = []    # (note, whether it had to be true)


class Rewriter(ast.NodeTransformer):
    """Rewrites the asserts of one check, which is source beginning at a line of the user's file."""

    def __init__(self, asserts, source, line, function):
        self.asserts = asserts
        self.source = source
        self.line = line
        self.function = function.split(".")[-1]
        self.count = 0      # asserts seen, counted calls included

    def visit_Assert(self, node):
        self.count += 1
        k = len(self.asserts)
        text = ast.get_source_segment(self.source, node) or "assert ..."
        record = Assert(node.lineno + self.line - 1, text)
        self.asserts.append(record)
        self.notes = 0
        test = self.instrument(node.test, record, k, True)
        args = [ast.Constant(k)] + ([self.visit(node.msg)] if node.msg is not None else [])
        begin = ast.Expr(hook("begin", [ast.Constant(k)]))
        check = ast.If(test=ast.UnaryOp(op=ast.Not(), operand=test), body=[ast.Expr(hook("fail", args))], orelse=[])
        out = [begin, check]
        for new in out:
            ast.copy_location(new, node)
            ast.fix_missing_locations(new)
        return out

    def instrument(self, node, record, k, wanted):
        """node with its comparisons' sides noted; wanted is the truth it must have."""
        if isinstance(node, ast.BoolOp):
            node.values = [self.instrument(v, record, k, wanted) for v in node.values]
            return node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node.operand = self.instrument(node.operand, record, k, not wanted)
            return node
        if isinstance(node, ast.Compare):
            calls = [self.calls_function(n) for n in [node.left] + node.comparators]
            first = self.notes
            node.left = self.note(node.left, k)
            node.comparators = [self.note(c, k) for c in node.comparators]
            for i, op in enumerate(node.ops):
                swap = calls[i + 1] and not calls[i]
                name = OPERATORS[type(op)] if wanted else "not " + OPERATORS[type(op)]
                record.pairs.append((first + i, name, first + i + 1, swap))
            return node
        record.truths.append((self.notes, wanted))
        return self.note(node, k)

    def note(self, node, k):
        i = self.notes
        self.notes += 1
        return ast.copy_location(hook("note", [ast.Constant(k), ast.Constant(i), self.visit(node)]), node)

    def calls_function(self, node):
        for n in ast.walk(node):
            if isinstance(n, ast.Name) and n.id == self.function:
                return True
            if isinstance(n, ast.Attribute) and n.attr == self.function:
                return True
        return False

    def visit_Call(self, node):
        self.generic_visit(node)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name.startswith("assert") or name in COUNTED:
            self.count += 1
            node.func = ast.copy_location(hook("counted", [node.func]), node.func)
            ast.fix_missing_locations(node)
        return node


def hook(name, args):
    at = ast.Attribute(value=ast.Name(id=HOOK, ctx=ast.Load()), attr=name, ctx=ast.Load())
    return ast.Call(func=at, args=args, keywords=[])


def compile_check(judge, spec):
    """(code object, number of asserts in it) of a check; SyntaxError if it does not compile."""
    module, source, line = judge.module, spec["code"], spec["line"]
    tree = place.moved(ast.parse(source, module.file), spec["place"])
    rewriter = Rewriter(judge.asserts, source, line, judge.function)
    tree = rewriter.visit(tree)
    ast.increment_lineno(tree, line - 1)
    flags = module.flags | getattr(ast, "PyCF_ALLOW_TOP_LEVEL_AWAIT", 0)
    code = compile(tree, module.file, "exec", flags, True)
    return code, rewriter.count


def names_in(code):
    """All names that a code object and the ones inside it load."""
    names = set(code.co_names)
    for const in code.co_consts:
        if hasattr(const, "co_names"):
            names |= names_in(const)
    return names


# What a check may consist of that stores nothing and calls nothing unknown.
PURE_NODES = (ast.Module, ast.Assert, ast.Compare, ast.cmpop, ast.BoolOp, ast.boolop, ast.UnaryOp, ast.unaryop,
              ast.BinOp, ast.operator, ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Name, ast.expr_context,
              ast.Call, ast.keyword, ast.Starred, ast.Subscript, ast.Slice, getattr(ast, "Index", ast.Slice), ast.IfExp, ast.ListComp, ast.SetComp,
              ast.DictComp, ast.GeneratorExp, ast.comprehension)
PURE_CALLS = frozenset("""abs all any bool bytes chr complex dict divmod enumerate float frozenset int isinstance len
    list max min ord pow range repr reversed round set sorted str sum tuple type zip""".split())


def pure(module, source, function):
    """Whether a check is asserts over literals, the function and harmless builtins, and nothing else."""
    tree = ast.parse(source)
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if not (isinstance(node.value, ast.Name) and node.value.id == "math" and module.ns.get("math") is sys.modules.get("math")):
                return False
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            name = node.id
            known = name == function or name in bound or (name in PURE_CALLS and name not in module.ns) \
                or (name == "math" and "math" in sys.modules) \
                or type(module.ns.get(name)) in (int, float, str, bool)
            if not known:
                return False
        elif not isinstance(node, PURE_NODES):
            return False
    return bound.isdisjoint(module.ns)
