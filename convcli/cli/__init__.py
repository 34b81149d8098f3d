"""The command line: every command is a file, imported when it is named."""
