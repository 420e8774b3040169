rule a: output: "a"
