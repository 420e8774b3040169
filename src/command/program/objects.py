# What a job's values are that are of a class, and not only plain.


class Unmade:
    """A table of pandas where there is no pandas: an error when it is used."""

    def __init__(self, why):
        self.__dict__["why"] = why

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        raise ImportError("a table of pandas wants pandas for `python3`, and %s" % self.why)

    def __getitem__(self, key):
        return self.__getattr__("item")

    def __len__(self):
        return self.__getattr__("length")

    __iter__ = __bool__ = __len__

    def __str__(self):
        return self.__getattr__("text")


def labels(pandas, keys, names):
    if keys is None:
        return None
    if len(names) > 1:
        return pandas.MultiIndex.from_tuples(keys, names=names)
    return pandas.Index(keys, name=names[0] if names else None)


def frame(pandas, rows, columns, keys, names, levels=None):
    if columns and all(isinstance(name, tuple) for name in columns):
        columns = pandas.MultiIndex.from_tuples(columns)
    made = pandas.DataFrame(rows, columns=columns, index=labels(pandas, keys, names))
    if levels:
        made.columns.names = levels
    return made


def series(pandas, values, name, keys, names):
    return pandas.Series(values, name=name, index=labels(pandas, keys, names))


def with_defaults(sample, entries):
    """A `defaultdict`, whose missing keys have what `sample` is."""
    import collections
    import copy

    plain = type(sample) in (list, dict, set, int, float, str, tuple, bool) and not sample
    return collections.defaultdict(type(sample) if plain else lambda: copy.deepcopy(sample), entries)


# Objects of classes that are not there yet, with the names of those.
EARLY = []


def early(made, name):
    EARLY.append((made, name))
    return made


def settle(main):
    """Gives early objects their classes, which the Rulefile's text has made by now."""
    for value, name in EARLY:
        own = main.get(name)
        if isinstance(own, type):
            try:
                value.__class__ = own
            except TypeError:
                pass


def named_tuple(name, names, values):
    import collections

    return early(collections.namedtuple(name, names)(*values), name)


def of_class(name, fields):
    value = type(name, (), {})()
    value.__dict__.update(fields)
    return early(value, name)


# Classes of lists with names, which a job's Python has.
NAMED = ("Namedlist", "InputFiles", "Wildcards")


def made(maker, *given):
    """What a class makes of plain values, by its path."""
    module, _, name = maker.partition(".")
    if maker in NAMED:
        return globals()[maker](*given)
    if maker == "range":
        return range(*given)
    if maker == "object":
        return of_class(*given)
    if maker == "collections.namedtuple":
        return named_tuple(*given)
    if maker == "collections.defaultdict":
        return with_defaults(*given)
    if module == "pandas":
        try:
            import pandas
        except ImportError as why:
            return Unmade(why)
        return (frame if name == "DataFrame" else series)(pandas, *given)
    value = __import__(module)
    for part in name.split("."):
        value = getattr(value, part)
    return value(*given)
