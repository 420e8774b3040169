//! Stories of `pyload`: Python files that are run while the Rulefile is read.

use crate::story::Story;
use rustix::process::{Pid, Signal, test_kill_process};

#[test]
fn a_python_file_hands_over_its_names() {
    let story = Story::new()
        .file(
            "rules/samples.py",
            "import collections\nfrom pathlib import Path\nfrom dataclasses import dataclass\nimport near\n\
             @dataclass\nclass Lane:\n    number: int\n    name: str\n\
             TABLE = {'a': (1, 2.5), 3: {'z', 'y'}}\nCOUNTS = collections.Counter('hello')\n\
             ROOT = Path('out') / TOP\nLANES = [Lane(1, 'x')]\nNEAR = near.VALUE\nprint('from Python')\n_own = object()\n",
        )
        .file("rules/near.py", "VALUE = True\n")
        .file("rules/more.smk", "samples = pyload('samples.py', TOP='top')\n")
        .rulefile(
            "include: 'rules/more.smk'\n\
             rule all:\n    output: 'out.txt'\n\
             \x20   params: samples.TABLE['a'], samples.TABLE[3], samples.COUNTS['l'], samples.ROOT, \
             samples.LANES[0]['name'], samples.NEAR\n\
             \x20   shell: 'echo {params:q} > {output}; echo {samples.ROOT} >> {output}'\n",
        );
    story.run(&[]).succeeds().says_once("note: from Python");
    assert_eq!(story.read("out.txt"), "[1, 2.5] ['y', 'z'] 2 out/top x True\nout/top\n");
    story.edit("rules/near.py", "True", "True  # as it was").run(&[]).has_nothing_to_do();
    story.edit("rules/near.py", "True", "False").run(&["--why", "out.txt"]).says("True").says("False");
    assert!(!story.has("rules/__pycache__"), "nothing is left beside the file");
}

#[test]
fn what_looks_like_a_table_becomes_rows() {
    let story = Story::new()
        .file(
            "sheet.py",
            "class NAType: pass\n\
             class Index(list):\n    names = ['sample']\n\
             class Scalar:\n    dtype, ndim = 'int64', 0\n    def item(self): return 7\n\
             class Series:\n    dtype, ndim = 'object', 1\n    def tolist(self): return ['p', float('nan')]\n\
             class Frame:\n    columns = ['sample', 'size']\n    index = Index('ab')\n    def to_dict(self): pass\n\
             \x20   def itertuples(self, index, name): return [('a', Scalar()), ('b', NAType())]\n\
             rows, column, one = Frame(), Series(), Scalar()\n",
        )
        .rulefile(
            "s = pyload('sheet.py')\n\
             rule all:\n    output: 'out.txt'\n    shell: \"echo '{s.rows}' '{s.column}' '{s.one}' > {output}\"\n",
        );
    story.run(&[]).succeeds();
    let rows = "{sample: a, size: 7} {sample: b, size: None}";
    let text = story.read("out.txt").replace('\'', "");
    assert_eq!(text, format!("{rows} p None 7\n"));
}

#[test]
fn files_that_it_writes_are_seen() {
    let story = Story::new()
        .file("make.py", "with open('made.txt', 'w') as f:\n    f.write(open('from.txt').read())\nN = 1\n")
        .file("from.txt", "one\n")
        .rulefile(
            "glob_wildcards('{name}.txt')\npyload('make.py')\n\
             rule all:\n    input: 'made.txt'\n    output: 'out.txt'\n    shell: 'cp {input} {output}'\n",
        );
    story.run(&[]).succeeds();
    story.run(&[]).has_nothing_to_do();
    story.write("from.txt", "two\n").run(&[]).succeeds();
    assert_eq!(story.read("out.txt"), "two\n");
}

#[test]
fn a_file_without_end_is_ended_by_a_signal() {
    let story = Story::new()
        .file(
            "forever.py",
            "import os, time\nprint(os.getpid(), file=open('begun', 'w'), flush=True)\nwhile True: time.sleep(0.01)\n",
        )
        .rulefile("pyload('forever.py')\n");
    story.start(&["-n"]).until("begun", "\n").signal(Signal::INT).finish().dies_of(Signal::INT);
    let pid = Pid::from_raw(story.read("begun").trim().parse().expect("a process id")).expect("a process id");
    assert!(test_kill_process(pid).is_err(), "Python is gone as well");
}

#[test]
fn a_file_that_ends_itself_is_told_with_what_it_printed() {
    let story = Story::new()
        .file("end.py", "import sys\nprint('a reason')\nsys.exit('no samples')\n")
        .rulefile("pyload('end.py')\n");
    story.run(&["-n"]).is_refused().says("SystemExit: no samples").says("it printed: a reason").says("end.py:3:1");
    story.write("end.py", "import os\nos._exit(3)\n");
    story.run(&["-n"]).is_refused().says("`end.py` failed: exit code 3");
}
