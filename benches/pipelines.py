"""Made-up pipelines, each written for every tool that is measured.

Owns the shapes: which files there are and who makes what from what. It does not
know how the tools are run or timed.

    W   N/2 chains in/I.txt -> mid/I.txt -> out/I.txt, and one job that reads all
    D   one chain of N jobs, whose inputs a lambda names
    F   one job that reads N files

A `Pipeline` says which file may be edited to see that a run with nothing to do
looked at it.
"""
import os
from dataclasses import dataclass

CP = 'shell: "cp {input} {output}"'
# Needs the shell, and costs it nothing but a builtin.
SHELL = 'shell: "cp {input} {output}; :"'
IDS = 'IDS = glob_wildcards("in/{i}.txt").i\n'
NOTE = 'params: note="as made"'


@dataclass(frozen=True)
class Pipeline:
    """A shape of a size, and what of it can be changed."""

    shape: str
    size: int
    command: str = CP
    by_lambda: bool = False

    @property
    def source(self):
        return "d/0.txt" if self.shape == "D" else "in/0.txt"

    @property
    def output(self):
        return {"W": "out/0.txt", "D": f"d/{self.size}.txt", "F": "all.txt"}[self.shape]

    def write(self, directory):
        """Sources and descriptions, in a directory that is made."""
        os.makedirs(directory)
        {"W": self._wide, "D": self._deep, "F": self._fan}[self.shape](directory)

    def _wide(self, directory):
        chains = self.size // 2
        for name in ("mid", "out"):
            os.mkdir(os.path.join(directory, name))
        sources(directory, chains)
        first, second = ('lambda w: f"in/{w.i}.txt"', 'lambda w: f"mid/{w.i}.txt"')
        if not self.by_lambda:
            first, second = '"in/{i}.txt"', '"mid/{i}.txt"'
        rules = [
            IDS,
            'rule gather:\n    input: expand("out/{i}.txt", i=IDS)\n    output: "all.txt"\n'
            '    shell: "touch {output}"\n',
            f'rule first:\n    input: {first}\n    output: "mid/{{i}}.txt"\n    {NOTE}\n    {self.command}\n',
            f'rule second:\n    input: {second}\n    output: "out/{{i}}.txt"\n    {self.command}\n',
        ]
        put(directory, "Rulefile", "\n".join(rules))
        put(directory, "Snakefile", "\n".join(rules))
        builds = []
        for i in range(chains):
            builds += [f"build mid/{i}.txt: cp in/{i}.txt", f"build out/{i}.txt: cp mid/{i}.txt"]
        outs = " ".join(f"out/{i}.txt" for i in range(chains))
        ninja(directory, [*builds, *gather(chains)], "all.txt", self.command)
        pairs = [p for i in range(chains) for p in ((f"mid/{i}.txt", f"in/{i}.txt"), (f"out/{i}.txt", f"mid/{i}.txt"))]
        make(directory, pairs, outs, self.command)

    def _deep(self, directory):
        os.makedirs(os.path.join(directory, "d"))
        put(directory, "d/0.txt", "input\n")
        last = f"d/{self.size}.txt"
        rules = (
            f'rule all:\n    input: "{last}"\n\n'
            'rule step:\n    input: lambda w: f"d/{int(w.k) - 1}.txt"\n'
            f'    output: "d/{{k,[1-9][0-9]*}}.txt"\n    {NOTE}\n    {self.command}\n'
        )
        put(directory, "Rulefile", rules)
        builds = [f"build d/{k}.txt: cp d/{k - 1}.txt" for k in range(1, self.size + 1)]
        ninja(directory, builds, last, self.command)
        make(directory, [(f"d/{k}.txt", f"d/{k - 1}.txt") for k in range(1, self.size + 1)], last, self.command, False)

    def _fan(self, directory):
        sources(directory, self.size)
        rules = (
            f'{IDS}\nrule gather:\n    input: expand("in/{{i}}.txt", i=IDS)\n    output: "all.txt"\n'
            f'    {NOTE}\n    shell: "touch {{output}}"\n'
        )
        put(directory, "Rulefile", rules)
        ins = " ".join(f"in/{i}.txt" for i in range(self.size))
        ninja(directory, [f"build all.txt: touch {ins}"], "all.txt", self.command)
        make(directory, [], ins, self.command)


def put(directory, path, text):
    with open(os.path.join(directory, path), "w") as file:
        file.write(text)


def sources(directory, count):
    os.makedirs(os.path.join(directory, "in"))
    for i in range(count):
        put(directory, f"in/{i}.txt", f"input {i:09d}\n")


def gather(chains):
    """The last job for ninja. It looks at all inputs of a job anew whenever one of them is made, so that with
    half a million of them it would never end: then they come to the job in groups."""
    outs = [f"out/{i}.txt" for i in range(chains)]
    if chains <= 100_000:
        return [f"build all.txt: touch {' '.join(outs)}"]
    groups = [outs[at:at + 1000] for at in range(0, chains, 1000)]
    builds = [f"build group{k}: phony {' '.join(group)}" for k, group in enumerate(groups)]
    return [*builds, f"build all.txt: touch {' '.join(f'group{k}' for k in range(len(groups)))}"]


def ninja(directory, builds, target, command):
    end = "; :" if command == SHELL else ""
    rules = ["rule cp", f"  command = cp $in $out{end}", "rule touch", "  command = touch $out"]
    put(directory, "build.ninja", "\n".join(rules + builds + [f"default {target}", ""]))


def make(directory, pairs, inputs, command, gathers=True):
    """Explicit rules, which make reads fastest: of output and input, and one that gathers or names the last."""
    end = "; :" if command == SHELL else ""
    first = [f"all.txt: {inputs}\n\ttouch $@"] if gathers else [f"all: {inputs}"]
    rules = [f"{output}: {given}\n\tcp $< $@{end}" for output, given in pairs]
    put(directory, "Makefile", "\n".join([*first, *rules, ""]))


def explicit_rules(directory, count):
    """One rule without wildcards for each of `count` files."""
    sources(directory, count)
    rules = [f'rule all:\n    input: expand("out/{{i}}.txt", i=range({count}))\n']
    for i in range(count):
        rules.append(f'rule r{i}:\n    input: "in/{i}.txt"\n    output: "out/{i}.txt"\n    {CP}\n')
    put(directory, "Rulefile", "\n".join(rules))


def wildcard_rules(directory, count, files):
    """`count` rules with a wildcard and the same extension, `files` files of each."""
    sources(directory, files)
    rules = [f'rule all:\n    input: expand("out/r{{i}}.{{x}}.txt", i=range({count}), x=range({files}))\n']
    for i in range(count):
        rules.append(f'rule r{i}:\n    input: "in/{{x}}.txt"\n    output: "out/r{i}.{{x}}.txt"\n    {CP}\n')
    put(directory, "Rulefile", "\n".join(rules))


def contents(directory, count, size):
    """`count` files of `size` bytes that no two share, and a job that reads them."""
    os.makedirs(os.path.join(directory, "in"))
    block = os.urandom(1 << 20)
    for i in range(count):
        with open(os.path.join(directory, "in", str(i)), "wb") as file:
            file.write(i.to_bytes(8, "little"))
            left = size - 8
            while left > 0:
                file.write(block[:left])
                left -= len(block)
    names = f'expand("in/{{i}}", i=range({count}))'
    put(directory, "Rulefile", f'rule all:\n    input: {names}\n    output: "done"\n    shell: "touch {{output}}"\n')
