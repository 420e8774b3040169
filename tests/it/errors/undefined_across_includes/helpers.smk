def helper(x):
    return PREFIXX + x
PREFIX = "p/"
