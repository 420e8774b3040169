def sorted_bam(s):
    return "out/" + s + SUFFIXES["bam"]

SUFFIXES = {"sam": ".sam"}

rule map:
    output: "out/{s}.sam"
    shell: "map > {output}"
