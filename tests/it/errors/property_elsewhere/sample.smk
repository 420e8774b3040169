class Sample:
    def __init__(self, name):
        self.name = name

    @property
    def path(self):
        return self.name + ".fq"
