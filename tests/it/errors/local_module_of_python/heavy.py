import numpy as np

X = np.zeros(3)


def calc():
    return "x"
