rule x:
    output: "{a}.txt"
    input: lambda w: w.a + missing
