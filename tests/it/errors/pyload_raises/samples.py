def read(table):
    return table["size"]

SIZE = read({"top": TOP})
