rule sort: output: "a"
rule count: output: "b"
