# Runs a Python file while the Rulefile is read, and writes its names as JSON.
#
# The answer is an object: "names" are pairs of a name and its value, "left" pairs
# of a name and why it has no plain value, "reads" the files that were opened to
# be read. If the file failed, "error" says with what, and "frames" where: file,
# line, and what the line stands in, outermost first. In values, a list is a list,
# a dict is {"dict": [[key, value], ...]}, a float beyond numbers {"float": "nan"}.
import json
import os
import sys
import types

FILE = "<rulemake>"
DEEPEST = 50


class NoValue(Exception):
    """A value has no plain form."""


def scalar(value):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise NoValue("a number beyond 64 bits")
        return int(value)
    if isinstance(value, float):
        number = float(value)
        return number if abs(number) < float("inf") else {"float": str(number)}
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise NoValue("a text that is not Unicode") from None
        return str(value)
    raise NoValue("a `%s`" % type(value).__name__)


def is_missing(value):
    """pandas' words for nothing."""
    return type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)


def cells(values):
    return [None if is_missing(value) else value for value in values]


def table(frame):
    """The rows of a table of pandas or polars, as dicts; None if it is no table."""
    if hasattr(frame, "to_dicts"):
        return frame.to_dicts()
    if not (hasattr(frame, "to_dict") and hasattr(frame, "columns") and hasattr(frame, "index")):
        return None
    names = [name for name in getattr(frame.index, "names", []) if name is not None]
    if names and not any(name in list(frame.columns) for name in names):
        frame = frame.reset_index()
    columns = list(frame.columns)
    rows = frame.itertuples(index=False, name=None)
    return [dict(zip(columns, cells(row))) for row in rows]


def items(value):
    """The elements of what is like a list; None if it is not."""
    from collections import abc

    if isinstance(value, (list, tuple, abc.Sequence, abc.KeysView, abc.ValuesView, abc.ItemsView)):
        return None if isinstance(value, (bytes, bytearray)) else list(value)
    if isinstance(value, abc.Set):
        try:
            return sorted(value)
        except TypeError:
            return sorted(value, key=repr)
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        return cells(value.tolist()) if getattr(value, "ndim", 1) == 1 else value.tolist()
    if hasattr(value, "to_list"):
        return cells(value.to_list())
    return None


def entries(value):
    """The pairs of what is like a dict; None if it is not."""
    from collections import abc

    if isinstance(value, abc.Mapping):
        return list(value.items())
    if hasattr(value, "_asdict"):
        return list(value._asdict().items())
    if hasattr(type(value), "__dataclass_fields__"):
        return [(name, getattr(value, name)) for name in type(value).__dataclass_fields__]
    return list(vars(value).items()) if isinstance(value, types.SimpleNamespace) else None


def plain(value, depth=0):
    if depth > DEEPEST:
        raise NoValue("nested too deeply")
    if is_missing(value) and not isinstance(value, float):
        return None
    if hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, (str, int, float)) or value is None:
        return scalar(value)
    pairs = entries(value)
    if pairs is not None:
        return {"dict": [[scalar(plain(key, depth + 1)), plain(held, depth + 1)] for key, held in pairs]}
    elements = table(value)
    if elements is None:
        elements = items(value)
    if elements is not None:
        return [plain(element, depth + 1) for element in elements]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return scalar(value)


def is_machinery(value):
    """What a file needs for itself: modules, functions, classes."""
    return isinstance(value, types.ModuleType) or callable(value) or type(value).__module__ == "__future__"


def names_of(module):
    listed = vars(module).get("__all__")
    found, left = [], []
    names = listed if listed is not None else [n for n in vars(module) if not n.startswith("_")]
    for name in names:
        value = getattr(module, name)
        try:
            if is_machinery(value):
                raise NoValue("a module" if isinstance(value, types.ModuleType) else "a function or a class")
            found.append([name, plain(value)])
        except NoValue as why:
            left.append([name, str(why)])
    return {"names": found, "left": left}


def frames_of(error):
    found = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename != FILE:
            found.append([code.co_filename, trace.tb_lineno, code.co_name])
        trace = trace.tb_next
    return found


def failure(error):
    words = str(error)
    frames = frames_of(error)
    if isinstance(error, SyntaxError):
        words = error.msg
        if error.filename:
            frames.append([error.filename, error.lineno or 1, "<module>"])
    if isinstance(error, SystemExit):
        words = "" if error.code is None else str(error.code)
    name = type(error).__name__
    return {"error": name + ": " + words if words else name, "frames": frames}


def is_own(path, program):
    """Whether an opened file belongs neither to Python nor to us."""
    prefixes = {sys.prefix, sys.base_prefix, os.path.dirname(os.__file__), os.path.dirname(program["answer"])}
    return os.path.isfile(path) and not any(path.startswith(prefix + os.sep) for prefix in prefixes)


def listening(opened):
    def hook(event, args):
        if event == "open" and isinstance(args[0], (str, bytes)) and not args[2] & (os.O_WRONLY | os.O_RDWR):
            opened.append(os.path.abspath(os.fsdecode(args[0])))

    return hook


def run(program):
    path = program["path"]
    sys.dont_write_bytecode = True
    sys.path[0] = os.path.dirname(path)
    sys.argv = [path]
    name = os.path.splitext(os.path.basename(path))[0]
    module = types.ModuleType(name)
    module.__file__ = path
    vars(module).update(program["names"])
    sys.modules.setdefault(name, module)
    with open(path, "rb") as file:
        text = file.read()
    exec(compile(text, path, "exec"), vars(module))
    for name, value in program["names"].items():
        if vars(module).get(name) is value:
            del vars(module)[name]
    return module


def start(program):
    opened = []
    sys.addaudithook(listening(opened))
    try:
        answer = names_of(run(program))
    except BaseException as error:
        answer = failure(error)
    loaded = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    paths = dict.fromkeys(opened + [os.path.abspath(file) for file in loaded if file])
    answer["reads"] = [path for path in paths if is_own(path, program) and not path.endswith(".pyc")]
    sys.stdout.flush()
    sys.stderr.flush()
    with open(program["answer"], "w", encoding="utf-8") as file:
        json.dump(answer, file, allow_nan=False)
    # Nothing that the file left running is waited for.
    os._exit(0)
