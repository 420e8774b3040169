rule split:
    output: "words.txt"
    shell: "echo a > {output}"

rule sort:
    input: "words.txt"
    output: "sorted.txt"
    shell: "sort {input} > {output}"
