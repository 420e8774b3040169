# Runs a notebook by `jupyter nbconvert`, with its job in a first cell.
import json
import os
import shutil
import subprocess
import sys
import tempfile

# Snakemake's tag of the cell that holds the job, in notebooks that were edited with it.
TAG = "snakemake-job-properties"


def language_of(notebook):
    meta = notebook.get("metadata", {})
    name = meta.get("kernelspec", {}).get("language") or meta.get("language_info", {}).get("name")
    return (name or "python").lower()


def start(program):
    if not shutil.which("jupyter"):
        sys.exit("error: `jupyter` is not in `PATH`: install it with nbconvert and a kernel, or name a script")
    notebook = json.loads(program["text"])
    language = language_of(notebook)
    if language not in program["cells"]:
        sys.exit("error: the notebook is in %s: notebooks in Python and R are run" % language)
    cell = {"cell_type": "code", "execution_count": None, "metadata": {"tags": [TAG]}, "outputs": []}
    cell["source"] = program["go"][language] % json.dumps(os.getcwd()) + "\n" + program["cells"][language]
    if (notebook.get("nbformat", 4), notebook.get("nbformat_minor", 0)) >= (4, 5):
        cell["id"] = TAG
    own = [c for c in notebook["cells"] if TAG not in c.get("metadata", {}).get("tags", [])]
    notebook["cells"] = [cell] + own
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "notebook.ipynb")
        with open(path, "w") as file:
            json.dump(notebook, file)
        words = ["jupyter", "nbconvert", "--log-level", "ERROR", "--to", "notebook", "--execute"]
        words += ["--ExecutePreprocessor.timeout=-1", "--output", "executed.ipynb", path]
        code = subprocess.call(words, env=dict(os.environ, IPYTHONDIR=directory))
        if code:
            sys.exit(code)
        if program["log"]:
            shutil.copyfile(os.path.join(directory, "executed.ipynb"), program["log"])
