# What Python bodies and scripts of a job find: its files and values, `shell`,
# and tracebacks that show the user's own lines.
#
# This text runs under the name FILE in a namespace of its own. It imports
# nothing that a job may not need, since every job pays for it.
import sys

FILE = "<rulemake>"


# Where processes of a job find the classes of its lists; others read those as plain lists.
KINDS_AT = "_rulemake_lists"
UNPICKLED = "getattr(__import__('sys').modules.get('%s'), kind, lambda items, _: items)(items, names)"


class Namedlist(list):
    """A list, some stretches of which have names."""

    def __init__(self, items=(), names=()):
        super().__init__(items)
        self.__dict__.update(names)

    def __str__(self):
        return " ".join(map(str, self))

    def __getitem__(self, key):
        return self.__dict__[key] if isinstance(key, str) else super().__getitem__(key)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        known = ", ".join(self.__dict__) or "no names at all"
        raise AttributeError("there is no `%s` here; there is: %s" % (name, known))

    def __reduce__(self):
        parts = {"kind": type(self).__name__, "items": list(self), "names": dict(self.__dict__)}
        return eval, (UNPICKLED % KINDS_AT, parts)

    def get(self, name, default=None):
        return self.__dict__.get(name, default)

    def keys(self):
        return self.__dict__.keys()

    def values(self):
        return self.__dict__.values()

    def items(self):
        return self.__dict__.items()


class Wildcards(Namedlist):
    """Values of wildcards by name."""


class InputFiles(Namedlist):
    """Files with sizes."""

    @property
    def size(self):
        import os

        return sum(map(os.path.getsize, self))

    size_kb = property(lambda self: self.size / 1024)
    size_mb = property(lambda self: self.size / 1024**2)
    size_gb = property(lambda self: self.size / 1024**3)


class OutputFiles(Namedlist):
    """Files that a job makes."""


class Params(Namedlist):
    """Values of a rule."""


class Logger:
    """Snakemake's `logger`: what it is told goes where a job's messages go."""

    def info(self, message, *args, **named):
        print(message % args if args else message, file=sys.stderr)

    warning = error = critical = exception = info

    def debug(self, message, *args, **named):
        pass


class Log(Namedlist):
    """The log of a run, which handlers take for a list of files or for one."""

    def __fspath__(self):
        return self[0]


FILES = ["input", "output", "log"]
KINDS = {"input": InputFiles, "output": OutputFiles, "params": Params, "wildcards": Wildcards}
OURS = (Namedlist, Wildcards, InputFiles, OutputFiles, Params, Log)
# What Snakemake hands to `shell(..., bench_record=...)`; here all of a job's processes are measured.
UNUSED = {"bench_record": None}
NAMES = ["input", "output", "params", "wildcards", "threads", "resources", "log", "rule", "jobid", "attempt", "bench_iteration"]


class Shown:
    """What a rule shows, or `rules` of rules, or the names of a module."""

    def __init__(self, parts):
        self.__dict__.update(parts)


def stretches(section, names):
    """What names of a section stand for: lists of files are written as files are."""
    return {n: Namedlist(v) if section in FILES and isinstance(v, list) else v for n, v in names.items()}


def section(title, names):
    """A section of a rule that is shown: what is under no name is all of it."""
    return Namedlist(names.pop(""), stretches(title, names))


def beside(directory):
    """A function that gives the path of a file beside a Rulefile."""

    def source_path(path):
        import os

        return os.path.join(directory, path)

    return source_path


def found_files(pattern, files, followlinks):
    """The names of a pattern's wildcards, and the files that match with the values of each."""
    import os
    import re

    parts = re.split(r"\{(\w+)(?:,([^{}]*(?:\{[^{}]*\}[^{}]*)*))?\}", pattern)
    names, text = [], re.escape(parts[0])
    for name, constraint, fixed in zip(parts[1::3], parts[2::3], parts[3::3]):
        text += "(?P=%s)" % name if name in names else "(?P<%s>%s)" % (name, constraint or ".+")
        text += re.escape(fixed)
        names += [name] if name not in names else []
    if files is None:
        top = os.path.dirname(parts[0])
        walked = (w for w in os.walk(top or ".", followlinks=followlinks) if ".rulemake" not in w[0].split("/"))
        files = [os.path.normpath(os.path.join(at, n)) for at, below, here in walked for n in here + below if n != ".rulemake"]
        files = [os.path.join(os.path.dirname(parts[0]), os.path.relpath(f, top)) if top else f for f in files]
    found = ((str(file), re.fullmatch(text, str(file))) for file in sorted(files))
    return names, [(file, match.groupdict()) for file, match in found if match]


def glob_wildcards(pattern, files=None, followlinks=False):
    """Lists of the values that wildcards of a pattern have among the files that are there."""
    import collections

    names, found = found_files(pattern, files, followlinks)
    return collections.namedtuple("Wildcards", names)(*[[values[name] for _, values in found] for name in names])


def listfiles(pattern):
    """The files that match a pattern, each with the values of its wildcards."""
    for file, values in found_files(pattern, None, False)[1]:
        yield file, Wildcards(values.values(), values)


class Snakemake:
    """All of a job in one object, for scripts."""

    def __init__(self, job, config, directory):
        self.__dict__.update(job)
        self.config = config
        self.scriptdir = directory

    def log_fmt_shell(self, stdout=True, stderr=True, append=False):
        if not self.log or not (stdout or stderr):
            return ""
        into = (">>" if append else ">") + " " + quoted(self.log[0])
        if stdout and stderr:
            return " " + into + " 2>&1"
        return " " + into if stdout else " 2" + into


def quoted(text):
    import shlex

    return shlex.quote(text)


def fill(text, args, names):
    """Python's `str.format`, but that sequences are joined by blanks and `:q` quotes each element."""
    import string

    class Filler(string.Formatter):
        def get_value(self, key, args, kwargs):
            if isinstance(key, str) and key not in kwargs:
                raise NameError("the name `%s` is not known here; for plain braces write `{{%s}}`" % (key, key))
            return super().get_value(key, args, kwargs)

        def format_field(self, value, spec):
            if isinstance(value, Wildcards):
                return ",".join("%s=%s" % pair for pair in sorted(value.items()))
            if isinstance(value, (list, tuple, set, frozenset)):
                return " ".join(self.element(v, spec) for v in value)
            return self.element(value, spec)

        def element(self, value, spec):
            if spec.endswith("q"):
                return quoted(format(value, spec[:-1]))
            return format(value, spec[:-1] if spec.endswith("u") else spec)

    return Filler().vformat(text, args, names)


class Shell:
    """`shell("...")`: a command, filled with the names that its caller knows."""

    def __init__(self, prefix, suffix, executable):
        self._prefix, self._suffix, self._executable = prefix, suffix, executable

    def prefix(self, text):
        self._prefix = text

    def suffix(self, text):
        self._suffix = text

    def executable(self, name):
        self._executable = name

    def _words(self, text):
        shell = self._executable or "bash"
        strict = self._prefix is None and shell.rsplit("/", 1)[-1] == "bash"
        flags = ["-euo", "pipefail"] if strict else []
        around = [part for part in (self._prefix, text, self._suffix) if part is not None]
        return [shell] + flags + ["-c", " ".join(around)]

    def __call__(self, command, *args, iterable=False, read=False, bench_record=None, **named):
        import subprocess

        caller = sys._getframe(1)
        text = fill(command, args, {**caller.f_globals, **caller.f_locals, **named})
        words = self._words(text)
        sys.stdout.flush()
        sys.stderr.flush()
        if iterable:
            return self._lines(words, text)
        if read:
            return subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout.decode()
        code = subprocess.call(words)
        if code:
            raise subprocess.CalledProcessError(code, text)

    def _lines(self, words, text):
        import subprocess

        process = subprocess.Popen(words, stdout=subprocess.PIPE)
        with process.stdout:
            for line in process.stdout:
                yield line.decode().rstrip("\n")
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, text)


def expand(*args, allow_missing=False, **values):
    """The pattern with every combination of the values."""
    from itertools import product

    patterns = [args[0]] if isinstance(args[0], str) else args[0]
    combine = args[1] if len(args) > 1 else product
    lists = [[v] if isinstance(v, str) or not hasattr(v, "__iter__") else list(v) for v in values.values()]
    rows = [dict(zip(values, row)) for row in combine(*lists)] if values else [{}]

    class Kept(dict):
        def __missing__(self, key):
            if allow_missing:
                return "{" + key + "}"
            raise KeyError(key)

    return [pattern.format_map(Kept(row)) for pattern in patterns for row in rows]


def multiext(stem, *endings, **named):
    return [stem + ending for ending in (*endings, *named.values())]


def makedirs(directories):
    import os

    for directory in [directories] if isinstance(directories, str) else directories:
        os.makedirs(directory, exist_ok=True)


def unmarked(value, *args, **named):
    """What a mark such as `temp()` is in a body."""
    return value


MARKS = ["temp", "temporary", "protected", "directory", "touch", "ancient", "ensure", "pipe", "service", "local"]


def placed(shown, line, text, head=""):
    """Code whose lines have the numbers that they have in their file."""
    above = line - 1 - head.count("\n")
    return compile("\n" * above + head + text, shown, "exec")


def clean(error, main, seen):
    """Leaves only the user's own frames in a traceback, causes included."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    kept, frame = [], error.__traceback__
    while frame is not None:
        code = frame.tb_frame.f_code
        if code.co_filename == FILE and code.co_name in ("__call__", "_lines"):
            break
        if code.co_filename not in (FILE, main):
            kept.append(frame)
        frame = frame.tb_next
    whole = None
    for frame in reversed(kept):
        whole = type(frame)(whole, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    error.__traceback__ = whole
    clean(error.__cause__, main, seen)
    clean(error.__context__, main, seen)


def complain(error, files, main):
    """Prints an error with lines of the files as they are shown."""
    import linecache
    import traceback

    for shown, path in files.items():
        lines = linecache.updatecache(path)
        linecache.cache[shown] = (1, None, lines, shown)
    clean(error, main, set())
    sys.stdout.flush()
    # The interpreter's own hook looks for the files by itself, and finds others.
    show = traceback.print_exception if sys.excepthook is sys.__excepthook__ else sys.excepthook
    show(type(error), error, error.__traceback__)
    sys.exit(1)


class Modules:
    """Serves `from snakemake.script import snakemake` and `from snakemake.shell import shell`."""

    def __init__(self, served):
        self.served = served

    def find_spec(self, name, path=None, target=None):
        if name not in self.served:
            return None
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self, is_package=name == "snakemake")

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.__dict__.update(self.served[module.__name__])


def prepare(program, main):
    """Fills the namespace of the user's code."""
    job = dict(program["job"])
    for name, value in job.items():
        if isinstance(value, tuple):
            items, names = value
            kind = Log if "handler" in program else KINDS.get(name, Namedlist)
            job[name] = kind(items, stretches(name, names))
    shell = Shell(*program["shell"])
    main.update(UNUSED)
    main.update(job, config=program["config"], shell=shell, expand=expand, multiext=multiext, glob_wildcards=glob_wildcards)
    main.update(struct=type(sys.implementation), logger=Logger())
    main.update((name, unmarked) for name in MARKS)
    sys.path[:1] = program.get("search") or [program["directory"]]
    sys.modules[KINDS_AT] = type(sys)(KINDS_AT)
    sys.modules[KINDS_AT].__dict__.update((kind.__name__, kind) for kind in OURS)
    snakemake = Snakemake(job, program["config"], program["directory"])
    served = {"snakemake.script": {"snakemake": snakemake}, "snakemake.shell": {"shell": shell}}
    sys.meta_path.insert(0, Modules(served))
    # Where Snakemake itself is installed, these are its own.
    names = {"expand": expand, "multiext": multiext, "glob_wildcards": glob_wildcards, "makedirs": makedirs, "listfiles": listfiles}
    sys.meta_path.append(Modules({"snakemake": {"shell": shell}, "snakemake.io": names, "snakemake.utils": names}))
    return job, snakemake


def fill_names(given, main):
    """Gives a file's Python what it uses of the file; modules have names of their own."""
    plain = dict(main)
    for name, module in given["spaces"].items():
        own = dict(plain, config=module["config"])
        fill_names(module, own)
        for handler, (shown, line, text, inline) in module["handlers"].items():
            exec(placed(shown, line, text, "def %s(*_):%s" % (handler, " " if inline else "\n")), own)
        main[name] = Shown(own)
    if given["rules"]:
        main["rules"] = Shown((name, Shown((n, section(n, v)) for n, v in of.items())) for name, of in given["rules"].items())
    for name, (value, shape) in given["variables"].items():
        main[name] = main["struct"](**value) if shape else value
        if shape == "workflow":
            main[name].source_path = beside(main[name].current_basedir)
    for shown, line, text in given["pieces"]:
        head = "if True:\n" if text[:1] in " \t" else ""
        exec(placed(shown, line, text, head), main)
    settle(main)


def run_body(program, main, job, again):
    fill_names(program, main)
    if again:
        return
    shown, line, text, inline = program["body"]
    given = [name for name in NAMES if name in job]
    head = "def %s(%s):%s" % (program["name"], ", ".join(given), " " if inline else "\n")
    exec(placed(shown, line, text, head), main)
    main[program["name"]](*[job[name] for name in given])


def run_script(program, main, snakemake):
    shown, path, text = program["script"]
    main.update(snakemake=snakemake, rulemake=snakemake, __file__=path)
    sys.argv = [path]
    exec(compile(text, shown, "exec"), main)


def start(program, main):
    """Runs a job's Python. A child process of `multiprocessing` comes here again under another name."""
    own = main["_rulemake"].__code__.co_filename
    again = main["__name__"] != "__main__"
    try:
        job, snakemake = prepare(program, main)
        if "object" in program:
            main.update(snakemake=snakemake, rulemake=snakemake)
        elif "script" in program:
            run_script(program, main, snakemake)
        else:
            run_body(program, main, job, again)
    except Exception as error:
        complain(error, program["files"], own)
