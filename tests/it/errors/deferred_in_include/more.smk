def fastq(wildcards):
    path = ("reads/"
        "all/" + wildcards.unit)
    return path
