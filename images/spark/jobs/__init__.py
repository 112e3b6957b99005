"""The batch jobs of WikiSentry on Spark. Labels, features, metrics and the rule of promotion come from the core
by its wheel; what is here reads and writes the lake, and brings the rows to it in the right order."""
