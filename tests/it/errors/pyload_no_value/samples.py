import re
pattern = re.compile("a")
