include: "Rulefile"
