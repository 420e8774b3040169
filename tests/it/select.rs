//! Parts of a plan: up to a rule, without one, a batch; pages about it; deleting what it made.

use crate::story::Story;

/// `last` needs `middle` and `other`; `middle` needs `first`.
fn diamond() -> Story {
    Story::new().rulefile(
        r#"
rule last:
    input: "middle.txt", "other.txt"
    output: "last.txt"
    shell: "echo last >> ran.log; cat {input} > {output}"
rule middle:
    input: "first.txt"
    output: "middle.txt"
    log: "middle.log"
    shell: "echo middle >> ran.log; cp {input} {output}"
rule other:
    output: temp("other.txt")
    shell: "echo other >> ran.log; echo o > {output}"
rule first:
    output: "first.txt"
    shell: "echo first >> ran.log; echo 1 > {output}"
"#,
    )
}

fn out(story: &Story, words: &[&str]) -> String {
    let run = story.run(words);
    run.succeeds();
    run.stdout().to_owned()
}

#[test]
fn until_makes_a_rule_and_what_it_needs() {
    let story = diamond();
    story.run(&["-j1", "--until", "middle"]).succeeds().ran(&["first", "middle"]);
    story.run(&["-j1", "-U", "middle.txt"]).succeeds().ran(&[]);
    story.run(&["--until", "midle"]).is_refused().stderr_has("did you mean `middle`");
}

#[test]
fn omit_from_leaves_out_what_needs_a_rule() {
    let story = diamond();
    story.run(&["-j1", "--omit-from", "middle"]).succeeds().ran(&["first", "other"]);
    assert!(story.has("other.txt"), "a temp() file that nobody of the plan reads is a target");
}

#[test]
fn batches_together_make_all() {
    let story = Story::new().rulefile(
        r#"
rule all:
    input: expand("{i}.txt", i=range(5))
    output: "all.txt"
    shell: "echo all >> ran.log; cat {input} > {output}"
rule one:
    output: "{i}.txt"
    shell: "echo {wildcards.i} >> ran.log; echo {wildcards.i} > {output}"
"#,
    );
    story.run(&["-j1", "--batch", "all=1/2"]).succeeds().ran(&["0", "1", "2"]);
    story.run(&["-j1", "--batch", "all=2/2"]).succeeds().ran(&["3", "4", "all"]);
    story.run(&["--batch", "all=3/2"]).is_refused();
}

#[test]
fn only_allowed_rules_are_used() {
    let story = Story::new().rulefile(
        r#"
rule special:
    output: "a.txt"
    shell: "echo special >> ran.log; touch {output}"
rule general:
    output: "{n}.txt"
    shell: "echo general >> ran.log; touch {output}"
"#,
    );
    story.run(&["a.txt", "--allowed-rules", "general"]).succeeds().ran(&["general"]);
    story.run(&["b.txt", "--allowed-rules", "special"]).is_refused();
}

#[test]
fn an_ambiguity_can_be_allowed() {
    let story = Story::new().rulefile(
        r#"
rule one:
    output: "{n}.out"
    shell: "echo one >> ran.log; touch {output}"
rule two:
    output: "{m}.out"
    shell: "echo two >> ran.log; touch {output}"
"#,
    );
    story.run(&["a.out"]).is_refused();
    story.run(&["a.out", "--allow-ambiguity"]).succeeds().ran(&["one"]);
}

#[test]
fn drawings_have_every_job() {
    let story = diamond();
    let jobs = out(&story, &["--dag"]);
    assert!(jobs.starts_with("digraph") && jobs.matches("->").count() == 3, "{jobs}");
    let rules = out(&story, &["--rulegraph", "mermaid-js", "middle.txt"]);
    assert_eq!(rules.matches("-->").count(), 1, "{rules}");
    let files: serde_json::Value = serde_json::from_str(&out(&story, &["--filegraph", "json"])).expect("JSON");
    assert_eq!(files["nodes"].as_array().map(Vec::len), Some(4));
    assert!(!story.has(".rulemake/log") && !story.has("first.txt"), "a drawing makes nothing");
}

#[test]
fn the_summary_has_a_line_for_each_file() {
    let story = diamond();
    story.run(&["-j1", "-U", "middle"]).succeeds();
    let page = out(&story, &["--summary"]);
    let lines: Vec<&str> = page.lines().collect();
    assert_eq!(lines[0], "output_file\tdate\trule\tlog-file(s)\tstatus\tplan");
    assert!(
        lines[2].starts_with("middle.txt\t") && lines[2].ends_with("\tmiddle\tmiddle.log\tok\tno update"),
        "{lines:?}"
    );
    assert_eq!(lines[4], "last.txt\t-\tlast\t\tmissing\tupdate pending");
    story.run(&["--detailed-summary"]).succeeds().stdout_has("\tmiddle.txt,other.txt\t");
}

#[test]
fn changes_and_strangers_are_listed() {
    let story = diamond();
    story.run(&["-j1"]).succeeds();
    story.run(&["--list-changes", "code"]).succeeds().stdout_is("");
    story.edit("Rulefile", "echo 1 >", "echo 2 >");
    story.run(&["--list-changes", "code"]).succeeds().stdout_is("first.txt\n");
    story.run(&["--list-changes", "params"]).succeeds().stdout_is("");
    story.write("notes/stray.txt", "");
    story.run(&["--list-untracked"]).succeeds().stdout_is("notes/stray.txt\nran.log\n");
}

#[test]
fn outputs_are_deleted_only_without_n() {
    let story = diamond();
    story.run(&["-j1", "--until", "middle", "other"]).succeeds();
    story.run(&["--delete-temp-output", "-n"]).succeeds().stderr_has("would delete other.txt");
    assert!(story.has("other.txt"));
    story.run(&["--delete-temp-output"]).succeeds();
    assert!(!story.has("other.txt") && story.has("first.txt"));
    story.run(&["--delete-all-output"]).succeeds();
    assert!(!story.has("first.txt") && !story.has("middle.txt") && story.has("Rulefile"));
}

#[test]
fn what_no_run_made_is_moved_and_not_deleted() {
    let story = diamond();
    story.run(&["-j1"]).succeeds();
    story.write("first.txt", "MINE\n");
    story
        .run(&["--delete-all-output", "-n"])
        .succeeds()
        .stderr_has("would move first.txt to .rulemake/replaced/")
        .stderr_has("would delete middle.txt");
    assert_eq!(story.read("first.txt"), "MINE\n");
    story.run(&["--delete-all-output"]).succeeds().stderr_has("moved first.txt to .rulemake/replaced/");
    assert!(!story.has("first.txt") && !story.has("middle.txt"));
    let kept = std::fs::read_dir(story.path(".rulemake/replaced")).unwrap().next().unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(kept.path().join("first.txt")).unwrap(), "MINE\n");
}

#[test]
fn profiles_hold_options_and_what_is_typed_beats_them() {
    let story = Story::new()
        .rulefile(
            r#"
rule all:
    output: "out.txt"
    params: word = config.get("word", "none")
    threads: 8
    shell: "echo {params.word} {threads} >> ran.log; touch {output}"
"#,
        )
        .file("mine/config.yaml", "cores: 3\nconfig:\n  word: profile\nforceall: true\n")
        .file("profiles/default/config.yaml", "cores: 2\n");
    story.run(&["--profile", "mine", "all"]).succeeds().ran(&["profile 2"]);
    story.run(&["--profile", "mine", "--workflow-profile", "none"]).succeeds().ran(&["profile 3"]);
    story.run(&["-j1", "--profile", "mine", "--config", "word=typed"]).succeeds().ran(&["typed 1"]);
    story.run(&["--profile", "other"]).is_refused().stderr_has("there is no profile `other`");
    story.write("bad.yaml", "cores: [1\n");
    story.run(&["--profile", "bad.yaml"]).is_refused().stderr_has("cannot be used: line");
}

#[test]
fn the_usual_profile_is_that_which_a_variable_names() {
    let story = Story::new()
        .rulefile("rule all:\n    output: \"out\"\n    threads: 8\n    shell: \"echo {threads} > {output}\"\n")
        .file("usual/config.yaml", "cores: 3\n")
        .file("other/config.yaml", "cores: 2\nforceall: true\n");
    let run = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rulemake"));
        command.args(args).current_dir(story.path("")).env("SNAKEMAKE_PROFILE", "usual");
        assert!(command.output().expect("the program runs").status.success());
        story.read("out")
    };
    assert_eq!(run(&[]), "3\n");
    assert_eq!(run(&["--profile", "other"]), "2\n");
}

#[test]
fn what_is_wrong_with_a_profile_names_its_file_and_key() {
    let story = Story::new().rulefile("rule a:\n    output: \"a\"\n    shell: \"touch {output}\"\n");
    for (text, wrong) in [
        ("cors: 3", "`--cors`"),
        ("cores: three", "takes no `three`"),
        ("keep-going: maybe", "takes no `maybe`"),
        ("use-conda: true", "is an option of Snakemake"),
        ("latency-wait: soon", "`soon`"),
        ("set-threads: [a]", "`--set-threads a`: there is no value"),
        ("resources:\n  gpu: many", "`--resources gpu=many`"),
    ] {
        story.write("mine/config.yaml", text);
        let key = text.split(':').next().expect("a key");
        let run = story.run(&["--profile", "mine"]);
        run.is_refused().stderr_has(wrong).stderr_has(&format!("`{key}` of the profile `mine/config.yaml`"));
    }
}

#[test]
fn a_profile_s_config_is_read_as_if_it_had_been_typed() {
    let story = Story::new()
        .rulefile(
            "rule a:\n    output: \"a\"\n    params: c = repr([config[k] for k in sorted(config.keys())])\n    shell: \"echo {params.c:q} > {output}\"\n",
        )
        .file(
            "mine/config.yaml",
            "config:\n  a: {b: 1, c: {d: \"it's\", e: null, f: true}}\n  b: [1, x, '2']\n  c: '5'\n  d: 1.5\n  e: plain\n",
        );
    story.run(&["--profile", "mine"]).succeeds();
    let wanted = r#"[{'b': '1', 'c': {'d': "it's", 'e': 'None', 'f': 'True'}}, ['1', 'x', '2'], 5, 1.5, 'plain']"#;
    assert_eq!(story.read("a").trim_end(), wanted);
}

#[test]
fn files_inside_what_a_checkpoint_makes_count_as_made_by_it() {
    let story = Story::new().rulefile(
        r#"
rule all:
    input: "a.out", "other.out"
checkpoint split:
    output: directory("parts")
    shell: "echo split >> ran.log; mkdir parts; echo 1 > parts/a"
rule work:
    input: "parts/a"
    output: "a.out"
    shell: "echo work >> ran.log; cp {input} {output}"
rule other:
    output: "other.out"
    shell: "echo other >> ran.log; touch {output}"
"#,
    );
    assert!(out(&story, &["--dag"]).matches("->").count() == 3);
    story.run(&["-j1", "--omit-from", "split"]).succeeds().ran(&["other"]);
    story.run(&["-j1", "--until", "work"]).succeeds().ran(&["split", "work"]);
}
