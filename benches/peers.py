#!/usr/bin/env python3
"""Times rulemake beside ninja, samurai, make, Snakemake, b3sum and the floors.

    benches/peers [--only NAME]... [--quick] [--million] [--runs R] [--dir DIR]

Makes pipelines (benches/pipelines.py), builds each once with every tool in a directory
of its own, and then times the tools in turn, R times, the output of all to /dev/null.
Prints medians, spread, peak memory, ratios within the run, and the bar of each series.
After each series with nothing to do it proves that rulemake did look: an edited output,
a changed param, and a source rewritten with the same size and a forged time are found.

The peers come from Debian (ninja-build b3sum make) where we are root, and from PyPI
(ninja snakemake) into a venv below DIR. samurai is measured if `samu` is there. If not,
its bars are held against ninja's time in the same run, times the ratio of the two that
was once measured on one machine; such rows say `samurai ~`.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

import pipelines
from pipelines import CP, SHELL, Pipeline

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
RULEMAKE = [os.path.join(ROOT, "target", "release", "rulemake")]
TIMED = []  # the program of benches/timed.c, once it is compiled
# samurai 1.2 / ninja 1.13, medians on one machine (2 cores, ext4, hot cache).
SAMURAI = {"noop": 0.97, "deep": 0.8, "fan": 0.97, "edit": 0.68, "dry": 0.64}


@dataclass
class Row:
    """What was measured of one tool in one series."""

    times: list = field(default_factory=list)
    cpu: list = field(default_factory=list)
    peak: int = 0  # KiB

    @property
    def median(self):
        return statistics.median(self.times)


@dataclass
class Tool:
    """A command, where it runs, and what is done before each run, untimed."""

    command: list
    directory: str
    before: object = None


def run(command, directory):
    """Seconds of wall and of processor time and KiB of peak memory of one run; output to a sink."""
    done = subprocess.run([*TIMED, *command], cwd=directory, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} in {directory} ended with {done.returncode}")
    seconds, cpu, peak = done.stdout.split()
    return float(seconds), float(cpu), int(peak)


def in_turn(tools, runs):
    rows = {name: Row() for name in tools}
    for _ in range(runs):
        for name, tool in tools.items():
            if tool.before:
                tool.before()
            seconds, cpu, peak = run(tool.command, tool.directory)
            rows[name].times.append(seconds)
            rows[name].cpu.append(cpu)
            rows[name].peak = max(rows[name].peak, peak)
    return rows


class Bench:
    """The directory, the tools that are there, and the verdicts so far."""

    def __init__(self, args):
        self.base = os.path.abspath(args.dir)
        self.runs, self.quick, self.million = args.runs, args.quick, args.million
        self.verdicts = []
        self.aside = os.path.join(self.base, "aside")
        os.makedirs(self.aside, exist_ok=True)
        self.install(args.offline)
        TIMED.append(self.compiled("timed"))
        self.ninja = self.find("ninja")
        self.samu = self.find("samu")
        self.make = self.find("make")
        self.snakemake = self.find("snakemake")
        self.b3sum = self.find("b3sum")

    def install(self, offline):
        venv = os.path.join(self.base, "venv")
        if offline or os.path.exists(os.path.join(venv, "bin", "snakemake")):
            return
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        if os.geteuid() == 0 and shutil.which("apt-get"):
            for package in ("ninja-build", "b3sum", "make", "samurai"):
                subprocess.run(["apt-get", "install", "-y", package], check=False, **quiet)
        subprocess.run([sys.executable, "-m", "venv", venv], check=False)
        subprocess.run([os.path.join(venv, "bin", "pip"), "install", "-q", "ninja", "snakemake"], check=False)

    def compiled(self, name):
        """A program of ours in C."""
        program = os.path.join(self.base, name)
        subprocess.run(["cc", "-O2", "-o", program, os.path.join(HERE, name + ".c")], check=True)
        return program

    def find(self, name):
        own = os.path.join(self.base, "venv", "bin", name)
        found = own if os.path.exists(own) else shutil.which(name)
        if not found:
            print(f"not installed, not measured: {name}")
        return found

    def size(self, full, quick):
        return quick if self.quick else full

    def made(self, name, write):
        """A directory with a pipeline, written once."""
        directory = os.path.join(self.base, name)
        if not os.path.exists(directory):
            shutil.rmtree(directory + ".part", ignore_errors=True)
            write(directory + ".part")
            os.rename(directory + ".part", directory)
        return directory

    def built(self, pipeline, name, tools=("rulemake", "ninja", "samurai", "make")):
        """The pipeline built once by each tool; the commands of a run that finds it so."""
        commands = {"rulemake": [*RULEMAKE, "-q"], "ninja": [self.ninja, "--quiet"], "samurai": [self.samu]}
        commands["make"] = [self.make, "-rRs", "-j2"]
        found = {}
        for tool in tools:
            command = commands[tool]
            if not command[0] or (tool == "make" and pipeline.size > 100_000):
                continue
            directory = self.made(f"{name}-{pipeline.size}/{tool}", pipeline.write)
            seconds, _, peak = run(command, directory)
            if seconds > 2:
                print(f"{tool}: built {name} {pipeline.size} in {seconds:.1f} s, {peak / 1024:.0f} MiB", flush=True)
            run(command, directory)
            found[tool] = Tool(command, directory)
        return found

    def table(self, title, rows):
        own = rows["rulemake"].median
        print(f"\n{title}; {len(rows['rulemake'].times)} runs each, in turn")
        print("| tool | median s | min | max | CPU s | MiB | rulemake / tool |\n|---|---|---|---|---|---|---|")
        for name, row in rows.items():
            print(
                f"| {name} | {row.median:.4f} | {min(row.times):.4f} | {max(row.times):.4f} "
                f"| {statistics.median(row.cpu):.4f} | {row.peak / 1024:.1f} | {own / row.median:.3f} |",
                flush=True,
            )

    def bar(self, what, value, limit, unit=""):
        """Holds a figure against its bar: at most `limit`."""
        self.verdicts.append((what, value, limit, unit))

    def against_samurai(self, what, rows, kind, limit):
        own = rows["rulemake"].median
        if "samurai" in rows:
            self.bar(f"{what}, x samurai", own / rows["samurai"].median, limit)
        elif "ninja" in rows:
            self.bar(f"{what}, x samurai ~ {SAMURAI[kind]} ninja", own / (rows["ninja"].median * SAMURAI[kind]), limit)

    def against_ninja(self, what, rows, limit):
        if "ninja" in rows:
            self.bar(f"{what}, x ninja", rows["rulemake"].median / rows["ninja"].median, limit)

    def clean(self, directory, names=("mid", "out", "all.txt", ".rulemake", ".ninja_log", ".ninja_deps", ".snakemake")):
        """Puts what was made out of the way; it is deleted at the very end: for minutes after many
        files are deleted ext4 passes over the inode of each whenever it makes a file."""
        aside = tempfile.mkdtemp(dir=self.aside)
        for name in names:
            path = os.path.join(directory, name)
            if os.path.exists(path):
                os.rename(path, os.path.join(aside, name))
        for name in ("mid", "out"):
            os.makedirs(os.path.join(directory, name), exist_ok=True)


def would_run(directory):
    """Whether rulemake's dry run would run anything."""
    done = subprocess.run([*RULEMAKE, "-n", "--exit-code"], cwd=directory, capture_output=True, check=False)
    if done.returncode not in (0, 3):
        sys.exit(f"rulemake -n in {directory}: {done.stderr.decode()[-500:]}")
    return done.returncode == 3


def prove(directory, pipeline):
    """What a run that does nothing must still notice."""

    def found(path, change, what):
        path = os.path.join(directory, path)
        with open(path) as file:
            kept = file.read()
        change(path, kept)
        if not would_run(directory):
            sys.exit(f"{directory}: {what} was not found")
        with open(path, "w") as file:
            file.write(kept)
        if would_run(directory):
            sys.exit(f"{directory}: all is as it was, and it would run")

    def replace(path, text):
        with open(path, "w") as file:
            file.write(text)

    def forge(path, kept):
        stat = os.stat(path)
        replace(path, kept[::-1])
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    found(pipeline.output, lambda path, _: replace(path, "by hand\n"), "an edited output")
    found("Rulefile", lambda path, kept: replace(path, kept.replace("as made", "changed")), "a changed param")
    found(pipeline.source, forge, "a source rewritten with a forged time")
    print("proved: an edited output, a changed param and a forged time are found", flush=True)


def start(bench):
    pipeline = Pipeline("W", 1000)
    tools = bench.built(pipeline, "wide")
    tools["rulemake --version"] = Tool([*RULEMAKE, "--version"], tools["rulemake"].directory)
    rows = in_turn(tools, max(bench.runs, 15))
    bench.table("nothing to do, W of 1,000 jobs", rows)
    bench.bar("no-op, W 1k", rows["rulemake"].median * 1000, 12, "ms")
    bench.bar("--version", rows["rulemake --version"].median * 1000, 4, "ms")
    prove(tools["rulemake"].directory, pipeline)


def noop(bench):
    per_job = {}
    for jobs in [10_000, 100_000, *([1_000_000] if bench.million else [])]:
        if bench.quick and jobs > 10_000:
            break
        pipeline = Pipeline("W", jobs)
        tools = bench.built(pipeline, "wide")
        rows = in_turn(tools, bench.runs)
        bench.table(f"nothing to do, W of {jobs:,} jobs", rows)
        row = rows["rulemake"]
        per_job[jobs] = row.median / jobs
        if jobs > 10_000:
            bench.against_ninja(f"no-op, W {jobs:,}", rows, 0.75)
        if jobs == 100_000:
            bench.against_samurai(f"no-op, W {jobs:,}", rows, "noop", 0.75)
            bench.bar(f"no-op, W {jobs:,}, memory", row.peak / 1024, 100, "MiB")
        if jobs == 1_000_000:
            bench.bar("no-op, W 1,000,000, memory a job", row.peak * 1024 / jobs, 600, "bytes")
            bench.bar("no-op, a job at 1M x a job at 10k", per_job[jobs] / per_job[10_000], 1.5)
        prove(tools["rulemake"].directory, pipeline)


def dry(bench):
    """A dry run from clean."""
    jobs = bench.size(100_000, 10_000)
    clean = bench.made(f"clean-{jobs}", Pipeline("W", jobs).write)
    built = bench.built(Pipeline("W", jobs), "wide")
    tools = {"rulemake": Tool([*RULEMAKE, "-n"], clean)}
    if bench.samu:
        tools["samurai"] = Tool([bench.samu, "-n"], clean)
    elif "ninja" in built:
        tools["ninja, no-op"] = built["ninja"]
    rows = in_turn(tools, bench.runs)
    bench.table(f"dry run from clean, W of {jobs:,} jobs", rows)
    if bench.samu:
        bench.against_samurai(f"dry run, W {jobs:,}", rows, "dry", 1.0)
    elif "ninja, no-op" in rows:
        ratio = rows["rulemake"].median / (rows["ninja, no-op"].median * SAMURAI["dry"])
        bench.bar(f"dry run, W {jobs:,}, x samurai -n ~ {SAMURAI['dry']} ninja's no-op", ratio, 1.0)
    if not bench.snakemake:
        return
    jobs = bench.size(20_000, 2_000)
    clean = bench.made(f"clean-{jobs}", Pipeline("W", jobs).write)
    snakemake = [bench.snakemake, "-n", "--quiet", "all", "--cores", "2"]
    rows = in_turn({"rulemake": Tool([*RULEMAKE, "-n"], clean), "snakemake": Tool(snakemake, clean)}, bench.runs)
    bench.table(f"dry run from clean, W of {jobs:,} jobs", rows)
    bench.bar(f"dry run, W {jobs:,}, x Snakemake", rows["rulemake"].median / rows["snakemake"].median, 1 / 40)


def full(bench):
    """All jobs run: cp alone, and with a command that needs the shell."""
    jobs = bench.size(10_000, 1_000)
    for name, command in (("cp", CP), ("shell", SHELL)):
        pipeline = Pipeline("W", jobs, command)
        tools = {}
        wanted = {"rulemake": [*RULEMAKE, "-q", "-j2"], "ninja": [bench.ninja, "--quiet", "-j2"]}
        for tool, words in wanted.items():
            if words[0]:
                directory = bench.made(f"full-{name}-{jobs}/{tool}", pipeline.write)
                tools[tool] = Tool(words, directory, lambda d=directory: bench.clean(d))
        tools["xargs" if command == CP else "bash floor"] = floor(bench, jobs, pipeline)
        rows = in_turn(tools, bench.runs)
        bench.table(f"full run, W of {jobs:,} jobs, {name}, -j2", rows)
        if command == CP:
            bench.against_ninja(f"full run, {jobs:,} cp", rows, 0.75)
        else:
            ratio = rows["rulemake"].median / rows["bash floor"].median
            bench.bar(f"full run, {jobs:,} that need the shell, x bash floor", ratio, 1.1)


def floor(bench, jobs, pipeline):
    """What starts the same commands and does nothing else: xargs without a shell, or floor.c with bash."""
    directory = bench.made(f"floor-{jobs}", pipeline.write)
    chains = range(jobs // 2)
    pairs = [f"in/{i}.txt mid/{i}.txt" for i in chains] + [f"mid/{i}.txt out/{i}.txt" for i in chains]
    if pipeline.command == CP:
        pipelines.put(directory, "pairs", "\n".join([*pairs, ""]))
        words = ["xargs", "-a", "pairs", "-P2", "-n2", "cp"]
    else:
        pipelines.put(directory, "commands", "\n".join([*(f"cp {pair}; :" for pair in pairs), "touch all.txt", ""]))
        words = [bench.compiled("floor"), "commands", "2", "bash", "-euo", "pipefail", "-c"]
    return Tool(words, directory, lambda: bench.clean(directory))


def greedy(bench):
    """All jobs run, beside Snakemake with its greedy scheduler."""
    if not bench.snakemake:
        return
    jobs = bench.size(1_000, 200)
    pipeline = Pipeline("W", jobs)
    wanted = {
        "rulemake": [*RULEMAKE, "-q", "-j2"],
        "snakemake": [bench.snakemake, "--quiet", "all", "--cores", "2", "--scheduler", "greedy"],
    }
    tools = {}
    for tool, words in wanted.items():
        directory = bench.made(f"greedy-{jobs}/{tool}", pipeline.write)
        tools[tool] = Tool(words, directory, lambda d=directory: bench.clean(d))
    rows = in_turn(tools, bench.runs)
    bench.table(f"full run, W of {jobs:,} jobs, -j2", rows)
    bench.bar(f"full run, {jobs:,}, x Snakemake", rows["rulemake"].median / rows["snakemake"].median, 1 / 20)


def edit(bench):
    """One source of many is edited, and three jobs run."""
    jobs = bench.size(100_000, 10_000)
    tools = bench.built(Pipeline("W", jobs), "wide")
    count = 0

    def change(directory):
        nonlocal count
        count += 1
        pipelines.put(directory, "in/7.txt", f"edited {count}\n")

    for tool in tools.values():
        tool.before = lambda d=tool.directory: change(d)
    rows = in_turn(tools, bench.runs)
    bench.table(f"one source edited, W of {jobs:,} jobs", rows)
    bench.against_samurai(f"edit 1 of {jobs:,}", rows, "edit", 0.8)


def deep(bench):
    pipeline = Pipeline("D", bench.size(10_000, 1_000))
    tools = bench.built(pipeline, "deep")
    rows = in_turn(tools, bench.runs)
    bench.table(f"nothing to do, D of {pipeline.size:,} jobs by a lambda", rows)
    bench.against_samurai(f"no-op, D {pipeline.size:,}", rows, "deep", 1.5)
    prove(tools["rulemake"].directory, pipeline)


def fan(bench):
    pipeline = Pipeline("F", bench.size(100_000, 10_000))
    tools = bench.built(pipeline, "fan")
    rows = in_turn(tools, bench.runs)
    bench.table(f"nothing to do, F of {pipeline.size:,} files", rows)
    bench.against_ninja(f"no-op, F {pipeline.size:,}", rows, 0.8)
    prove(tools["rulemake"].directory, pipeline)


def chain(bench):
    """A chain of a million: no recursion, and linear."""
    most = bench.size(1_000_000, 100_000)
    tools = {}
    for name, jobs in (("rulemake", most), ("a tenth", most // 10)):
        directory = bench.made(f"chain-{jobs}", Pipeline("D", jobs).write)
        tools[name] = Tool([*RULEMAKE, "-n"], directory)
    rows = in_turn(tools, bench.runs)
    bench.table(f"dry run from clean, D of {most:,} jobs by a lambda", rows)
    bench.bar(f"a chain of {most:,}, x ten of a tenth", rows["rulemake"].median / rows["a tenth"].median / 10, 1.3)


def rules(bench):
    """Rulefiles of many rules: load and plan."""
    count = bench.size(10_000, 1_000)
    explicit = bench.made(f"explicit-{count}", lambda d: pipelines.explicit_rules(d, count))
    rows = in_turn({"rulemake": Tool([*RULEMAKE, "-n"], explicit)}, bench.runs)
    bench.table(f"dry run, {count:,} rules without wildcards", rows)
    bench.bar(f"{count:,} explicit rules, load and plan", rows["rulemake"].median, 1.0, "s")
    tools = {}
    for name, files in (("rulemake", 10), ("twice the files", 20)):
        directory = bench.made(f"wild-{count}-{files}", lambda d, n=files: pipelines.wildcard_rules(d, count, n))
        tools[name] = Tool([*RULEMAKE, "-n"], directory)
    rows = in_turn(tools, bench.runs)
    bench.table(f"dry run, {count:,} wildcard rules of one extension, 10 files each", rows)
    bench.bar(f"{count:,} wildcard rules, load and plan", rows["rulemake"].median, 1.0, "s")
    bench.bar("twice the files, x", rows["twice the files"].median / rows["rulemake"].median, 2.0)


def lambdas(bench):
    """Inputs from lambdas beside inputs from patterns."""
    jobs = bench.size(100_000, 10_000)
    own = {"tools": ("rulemake",)}
    pipeline = Pipeline("W", jobs, by_lambda=True)
    plain = bench.built(Pipeline("W", jobs), "wide", **own)["rulemake"]
    tools = {"rulemake": bench.built(pipeline, "lambda", **own)["rulemake"], "without": plain}
    rows = in_turn(tools, bench.runs)
    bench.table(f"nothing to do, W of {jobs:,} jobs, inputs from lambdas", rows)
    bench.bar(f"{jobs:,} inputs by lambda, x without", rows["rulemake"].median / rows["without"].median, 1.5)
    prove(tools["rulemake"].directory, pipeline)


def digest(bench):
    """Contents read again because every file has another time."""
    if not bench.b3sum:
        return
    cores = len(os.sched_getaffinity(0))
    for count, size in ((1, bench.size(2 << 30, 64 << 20)), (bench.size(10_000, 1_000), 100 << 10)):
        directory = bench.made(f"digest-{count}-{size}", lambda d: pipelines.contents(d, count, size))
        run([*RULEMAKE, "-q"], directory)
        turn = 0

        def touch():
            nonlocal turn
            turn += 1
            for i in range(count):
                os.utime(os.path.join(directory, "in", str(i)), ns=(turn * 10**9, turn * 10**9))

        tools = {
            "rulemake": Tool([*RULEMAKE, "-q"], directory, touch),
            "rulemake, no-op": Tool([*RULEMAKE, "-q"], directory),
        }
        if count == 1:
            tools["b3sum"] = Tool([bench.b3sum, f"--num-threads={cores}", "in/0"], directory)
        else:
            both = f"ls in | sed s:^:in/: | xargs -P {cores} -n {count // cores} {bench.b3sum} --num-threads=1"
            tools["b3sum"] = Tool(["sh", "-c", both], directory)
        rows = in_turn(tools, bench.runs)
        bench.table(f"digests of {count:,} files of {size:,} bytes", rows)
        peer = rows["b3sum"].median
        limit = 1 / 0.85 if count == 1 else 1 / 0.9
        bench.bar(f"digest {count:,} x {size:,} bytes, all of the run, x b3sum", rows["rulemake"].median / peer, limit)
        net = rows["rulemake"].median - rows["rulemake, no-op"].median
        bench.bar(f"digest {count:,} x {size:,} bytes, less a no-op, x b3sum", net / peer, limit)


def memory(bench):
    """The peak of a run of many jobs."""
    jobs = bench.size(100_000, 10_000)
    directory = bench.made(f"memory-{jobs}", Pipeline("W", jobs).write)
    bench.clean(directory)
    seconds, _, peak = run([*RULEMAKE, "-q", "-j2"], directory)
    print(f"\nfull run, W of {jobs:,} jobs: {seconds:.1f} s, {peak / 1024:.0f} MiB")
    bench.bar(f"full run, {jobs:,}, memory", peak / 1024, 300, "MiB")


SERIES = {
    series.__name__: series
    for series in (start, noop, dry, edit, deep, fan, lambdas, rules, chain, digest, full, greedy, memory)
}


def main():
    about = __doc__.splitlines()
    parser = argparse.ArgumentParser(prog="benches/peers", description=about[0], epilog="\n".join(about[4:]),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=SERIES, help="only this series")
    parser.add_argument("--quick", action="store_true", help="sizes of a tenth or less")
    parser.add_argument("--million", action="store_true", help="a million jobs as well (an hour to build)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each tool [5]")
    parser.add_argument("--dir", default=os.path.join(ROOT, "target", "peers"), help="work here [target/peers]")
    parser.add_argument("--rulemake", default=RULEMAKE[0], help="the program to measure [target/release/rulemake]")
    parser.add_argument("--offline", action="store_true", help="install nothing")
    args = parser.parse_args()
    RULEMAKE[0] = os.path.abspath(args.rulemake)
    bench = Bench(args)
    for name in args.only or SERIES:
        SERIES[name](bench)
    shutil.rmtree(bench.aside)
    print("\n| bar | measured | at most | met |\n|---|---|---|---|")
    for what, value, limit, unit in bench.verdicts:
        print(f"| {what} | {value:.3f} {unit} | {limit:.3f} {unit} | {'yes' if value <= limit else '**no**'} |")


if __name__ == "__main__":
    main()
