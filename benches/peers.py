#!/usr/bin/env python3
"""Times rulemake beside its peers on made-up pipelines, in one run, in turn.

    benches/peers.py [--jobs N] [--runs R] [--dir DIR]

Makes a wide pipeline of N jobs (N/2 chains in/i.txt -> mid/i.txt -> out/i.txt, and
one job that reads all) for rulemake, ninja and samurai, builds it once with each of
the tools that are installed, each in a directory of its own, and then times a run
that has nothing to do: all tools in turn, R times, output to a sink. Prints the
median, the spread, the peak memory, and the ratio to rulemake.

Afterwards it proves that rulemake's run that did nothing did check: an edited
output, a changed param, and a source rewritten with the same size and a forged
modification time are each found.
"""
import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RULEMAKE = os.path.join(HERE, "..", "target", "release", "rulemake")
TOOLS = {
    "rulemake": [RULEMAKE, "-q"],
    "ninja": ["ninja", "--quiet"],
    "samurai": ["samu"],
}
RULEFILE = '''\
IDS = glob_wildcards("in/{i}.txt").i

rule all:
    input: "all.txt"

rule gather:
    input: expand("out/{i}.txt", i=IDS)
    output: "all.txt"
    params: note = "as made"
    shell: "touch {output}"

rule first:
    input: "in/{i}.txt"
    output: "mid/{i}.txt"
    shell: "cp {input} {output}"

rule second:
    input: "mid/{i}.txt"
    output: "out/{i}.txt"
    shell: "cp {input} {output}"
'''


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def generate(directory, chains):
    """The pipeline's sources and its description for every tool."""
    for name in ("in", "mid", "out"):
        os.makedirs(os.path.join(directory, name))
    names = [f"{i:0{len(str(chains))}d}" for i in range(chains)]
    for name in names:
        write(os.path.join(directory, "in", name + ".txt"), f"input {name}\n")
    write(os.path.join(directory, "Rulefile"), RULEFILE)
    lines = ["rule cp", "  command = cp $in $out", "rule touch", "  command = touch $out"]
    for name in names:
        lines.append(f"build mid/{name}.txt: cp in/{name}.txt")
        lines.append(f"build out/{name}.txt: cp mid/{name}.txt")
    outs = " ".join(f"out/{name}.txt" for name in names)
    lines += [f"build all.txt: touch {outs}", "default all.txt", ""]
    write(os.path.join(directory, "build.ninja"), "\n".join(lines))


def run(command, directory):
    """Seconds of wall time and KiB of peak memory of one run; output to a sink."""
    with open(os.devnull, "r+b") as sink:
        begin = time.monotonic()
        child = subprocess.Popen(command, cwd=directory, stdin=sink, stdout=sink, stderr=sink)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - begin, usage.ru_maxrss, child.returncode


def must(result, what):
    if result[2] != 0:
        sys.exit(f"{what} ended with {result[2]}")
    return result


def would_run(directory):
    """Jobs that rulemake's dry run names."""
    done = subprocess.run([RULEMAKE, "-n", "--json"], cwd=directory, capture_output=True, text=True, check=True)
    return sum('"event":"job-planned"' in line for line in done.stdout.splitlines())


def prove(directory):
    """What a run that does nothing must still notice."""
    output = os.path.join(directory, "out", sorted(os.listdir(os.path.join(directory, "out")))[0])
    source = os.path.join(directory, "in", sorted(os.listdir(os.path.join(directory, "in")))[1])
    rulefile = os.path.join(directory, "Rulefile")
    assert would_run(directory) == 0, "the pipeline should be up to date"

    kept = open(output).read()
    write(output, "by hand\n")
    assert would_run(directory) > 0, "an edited output was not found"
    write(output, kept)
    assert would_run(directory) == 0, "the output is as it was"

    write(rulefile, RULEFILE.replace("as made", "changed"))
    assert would_run(directory) == 1, "a changed param was not found"
    write(rulefile, RULEFILE)

    stat = os.stat(source)
    kept = open(source).read()
    write(source, kept[::-1])
    os.utime(source, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert would_run(directory) > 0, "a rewritten source with a forged time was not found"
    write(source, kept)
    assert would_run(directory) == 0, "the source is as it was"
    print("proved: an edited output, a changed param and a forged time are found")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--dir", help="work here, and keep what is made")
    args = parser.parse_args()
    tools = {name: command for name, command in TOOLS.items() if shutil.which(command[0])}
    missing = TOOLS.keys() - tools.keys()
    if missing:
        print(f"not installed, not measured: {', '.join(sorted(missing))}")
    base = args.dir or tempfile.mkdtemp(prefix="rulemake-bench-")
    for name, command in tools.items():
        directory = os.path.join(base, name)
        if not os.path.exists(directory):
            os.makedirs(directory)
            generate(directory, args.jobs // 2)
            print(f"{name}: building {args.jobs} jobs once ...", flush=True)
            seconds = must(run(command, directory), name)[0]
            print(f"{name}: built in {seconds:.2f} s", flush=True)
        must(run(command, directory), name)
    times = {name: [] for name in tools}
    memory = dict.fromkeys(tools, 0)
    for _ in range(args.runs):
        for name, command in tools.items():
            seconds, peak, _ = must(run(command, os.path.join(base, name)), name)
            times[name].append(seconds)
            memory[name] = max(memory[name], peak)
    own = statistics.median(times["rulemake"])
    print(f"\nnothing to do, {args.jobs} jobs, {args.runs} runs each in turn")
    print("| tool | median s | min | max | MiB | rulemake / tool |\n|---|---|---|---|---|---|")
    for name, row in times.items():
        median = statistics.median(row)
        ratio = own / median
        print(f"| {name} | {median:.3f} | {min(row):.3f} | {max(row):.3f} | {memory[name] / 1024:.0f} | {ratio:.2f} |")
    prove(os.path.join(base, "rulemake"))
    if not args.dir:
        shutil.rmtree(base)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
