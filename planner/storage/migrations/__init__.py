"""How does the schema change from release to release?"""
